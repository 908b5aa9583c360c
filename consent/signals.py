"""What happened here that others may want to know. Payloads are ids and the moment."""

from django.dispatch import Signal

# Sent after the commit; may be heard late, twice or never: the gate asks for a consent in force.
consent_signed = Signal()  # document_id: int (sent when it is sealed)
consent_withdrawn = Signal()  # document_id: int
