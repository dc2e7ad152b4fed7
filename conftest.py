"""Names the tests' plugins and shared fixtures; pytest reads that only here."""

pytest_plugins = [
    "tests.reporting",
    "tests.system.support.service_fixtures",
    "tests.system.support.loop_fixtures",
]
