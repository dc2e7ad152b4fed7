"""The drift check: judges windows of an inference log against a reference dataset.

Runs as ``python -m driftcheck`` in a pod that Killick starts, or by hand. Start
reading at ``__main__.py``; the operator imports only ``contract`` and
``evaluation_contract``.
"""
