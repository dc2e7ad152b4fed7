"""Names the tests' plugins and shared fixtures; pytest reads that only here."""

pytest_plugins = [
    "tests.reporting",
    "tests.system.service_fixtures",
    "tests.system.loop_fixtures",
]
