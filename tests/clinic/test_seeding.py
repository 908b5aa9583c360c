"""The demonstration can be made at any hour of any day, and looks the same each time."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import TestCase, override_settings

from clinic.demo import cast, seeding
from clinic.record import audit
from consent import rendering
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus
from tests.clinic.demo.conftest import short_paper

pytestmark = pytest.mark.django_db
KYIV = ZoneInfo("Europe/Kyiv")
MOMENTS = {
    "after midnight on a leap day": datetime(2028, 2, 29, 0, 5, tzinfo=KYIV),
    "late on a Sunday": datetime(2026, 3, 8, 23, 50, tzinfo=KYIV),
    "after the hour that summer time skips": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
}


@pytest.fixture(autouse=True)
def small_clinic(monkeypatch: pytest.MonkeyPatch) -> list[cast.Character]:
    """One of each kind of visit today, and somebody who was treated some days ago."""
    monkeypatch.setattr(rendering, "page", short_paper(rendering.page, whole=0))
    kinds = {(who.journey, who.status, who.feeling != ""): who for who in cast.characters()}
    wanted = {"today", "consultation", "window", "renewed"}
    few = [who for (journey, *_), who in kinds.items() if journey in wanted]
    monkeypatch.setattr(cast, "characters", lambda: few)
    return few


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_it_can_be_made_at_any_moment(
    moment: datetime, small_clinic: list[cast.Character], tmp_path: Path
) -> None:
    own = override_settings(MEDIA_ROOT=tmp_path / "media", SEAL_FILE=tmp_path / "seal.p12")
    with own, TestCase.captureOnCommitCallbacks(execute=True):
        assert seeding.seed(moment, say=print)
    connection.check_constraints()
    assert Patient.objects.count() == len(small_clinic)
    assert audit.verify() == []
    today = [
        visit.status
        for visit in Appointment.objects.all()
        if visit.slot.lower.astimezone(KYIV).date() == moment.astimezone(KYIV).date()
    ]
    assert len(today) >= 4
    assert {AppointmentStatus.ARRIVED, AppointmentStatus.NO_SHOW} <= set(today)
