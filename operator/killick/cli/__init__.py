"""The command line: `killick plan`, `doctor` and `uninstall`."""
