"""What happened here that others may want to know. Payloads are ids and the moment."""

from functools import partial

from django.db import transaction
from django.dispatch import Signal

# Sent after the commit; may be heard late, twice or never: the gate compares dates itself.
history_changed = Signal()  # patient_id: int


def tell_history_changed(sender: type, patient_id: int) -> None:
    """Say it once this transaction is committed."""
    transaction.on_commit(partial(history_changed.send_robust, sender, patient_id=patient_id))
