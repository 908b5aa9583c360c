"""The demonstration clinic: made only through the use cases, with the moment handed in.

Deterministic, dates relative to today, idempotent: where somebody works nothing is changed.
"""
