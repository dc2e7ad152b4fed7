"""`python -m dev.reference`: write the generated tables of docs/reference.

Each table between two marks of a page is made from its source, so that a description
is written once: fields from the CRD, settings and metrics from the operator, reasons
from the enums. `tests/unit/docs/test_reference.py` fails while a page is out of date.
"""

from dev.reference.crd import CRD, fields, schema

__all__ = ["CRD", "fields", "schema"]
