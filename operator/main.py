"""Entry point for `kopf run operator/main.py`; production uses `python -m killick`."""

import killick.handlers  # noqa: F401  registers every trigger
