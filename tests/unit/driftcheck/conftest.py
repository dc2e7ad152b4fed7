"""Time limits of single examples say more about the machine's load than about us."""

from hypothesis import settings

settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")
