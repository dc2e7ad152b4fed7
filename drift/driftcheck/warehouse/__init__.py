"""Warehouse pushdown: the warehouse counts, the worker judges."""
