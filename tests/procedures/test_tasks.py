"""What the worker finds by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.record.models import Task, TaskKind
from patients.models import HistoryKind
from procedures.tasks import flag_unsafe_sessions
from tests.factories.aftercare import book_session
from tests.factories.patients import make_history

pytestmark = pytest.mark.django_db


def test_a_session_whose_signal_got_lost_is_found_once() -> None:
    now = timezone.now()
    session = book_session(start=now + timedelta(days=3), at=now - timedelta(days=2))
    make_history(session.patient, HistoryKind.CONDITION, "epilepsy", at=now - timedelta(hours=2))

    flag_unsafe_sessions()
    flag_unsafe_sessions()

    assert Task.objects.get(kind=TaskKind.UNSAFE_SESSION).subject_uuid == session.uuid
