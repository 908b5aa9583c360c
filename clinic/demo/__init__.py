"""The demonstration clinic: made only through the use cases, with the moment handed in.

Deterministic, dates relative to today, and idempotent: a clinic that has somebody in it is left alone.
"""
