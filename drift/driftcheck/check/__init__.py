"""The order of a check, from request to answer."""
