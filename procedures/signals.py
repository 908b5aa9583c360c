"""What happened here that others may want to know. Payloads are ids and the moment.

All four are sent inside the transaction: what is owed or settled because of them happens with them.
"""

from django.dispatch import Signal

session_booked = Signal()  # session_id: int, at: datetime
session_moved = Signal()  # session_id: int, at: datetime
session_cancelled = Signal()  # session_id: int, at: datetime (cancelled, no-show or stopped)
session_completed = Signal()  # session_id: int, at: datetime
