"""Entry point for `kopf run operator/main.py`; production uses `python -m killick`."""

from killick import handlers
from killick.settings import Settings

if Settings().served_namespaces:
    handlers.watch_jobs()
