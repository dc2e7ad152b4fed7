"""Inference logs of every type, behind one interface."""
