"""Names the modules with the tests' shared fixtures; pytest reads that only here."""

pytest_plugins = ["tests.system.service_fixtures", "tests.system.loop_fixtures"]
