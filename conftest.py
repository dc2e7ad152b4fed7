"""Names the modules with the tests' shared fixtures; pytest reads that only here."""

pytest_plugins = [
    "tests.system.support.service_fixtures",
    "tests.system.support.loop_fixtures",
]
