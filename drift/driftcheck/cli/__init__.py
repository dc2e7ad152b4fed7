"""The command line: options and variables become a request."""
