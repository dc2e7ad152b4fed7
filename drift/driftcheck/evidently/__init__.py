"""Evidently as an engine and for the page on a drift; always in its own process."""
