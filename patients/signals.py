"""What happened here that others may want to know. Payloads are ids and the moment."""

from django.dispatch import Signal

# Sent after the commit; may be heard late, twice or never: the gate compares dates itself.
history_changed = Signal()  # patient_id: int
