"""The one path of a check, from request to answer, whatever its log is."""
