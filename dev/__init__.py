"""The local cluster and its real parts, for the demo, the tests and a person.

Development only: nothing in `operator/` or `drift/` imports this package.
"""
