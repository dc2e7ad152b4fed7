"""The drift check: judges windows of an inference log against a reference dataset.

Runs as ``python -m driftcheck`` in a pod that Killick starts, or on the command line.
Start reading at ``__main__.py``. The operator imports only ``contract`` and
``contract.evaluation``.
"""
