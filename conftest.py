"""The modules that hold the tests' shared fixtures; pytest reads this list only here."""

pytest_plugins = ["tests.system.service_fixtures"]
