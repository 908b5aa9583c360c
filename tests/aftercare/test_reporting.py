"""How often a lot is followed by a reaction, and what leaves the house about it."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from aftercare import reactions, reporting
from aftercare.models import AftercarePlan, Severity
from aftercare.reactions import Report
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from procedures.models import Injection, Lot
from tests.factories.aftercare import make_aftercare
from tests.factories.catalogue import make_lot
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


def given(lot: Lot, *, reacts: bool = False) -> AftercarePlan:
    plan = make_aftercare()
    by = plan.session.course.plan.practitioner
    for zone in ("cheek", "chin"):  # two zones are one session
        Injection.objects.create(
            session=plan.session,
            lot=lot,
            zone=zone,
            volume_ml=Decimal("0.5"),
            recorded_at=plan.session_ended_at,
            recorded_by=by,
        )
    if reacts:
        told = Report(
            signs=("SE-HAEMATOMA",), severity=Severity.MILD, description="Testova, left cheek"
        )
        reactions.report(plan.session, told, at=plan.session_ended_at, by=by)
    return plan


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(events: int, trials: int, low: float, high: float) -> None:
    assert reporting.wilson(events, trials) == pytest.approx((low, high), abs=0.0001)


def test_a_session_counts_once_however_many_zones_it_had() -> None:
    bad, good = make_lot(), make_lot()
    given(bad, reacts=True)
    given(bad)
    given(good)
    rates = [(one.lot, one.sessions, one.reactions) for one in reporting.by_lot()]
    assert rates == [(bad, 2, 1), (good, 1, 0)]


def test_the_export_knows_nobody_and_computes_nothing() -> None:
    lot = make_lot(number="=1+1")
    plan = given(lot, reacts=True)
    text = reporting.export(at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    head, line = csv.reader(StringIO(text))
    row = dict(zip(head, line, strict=True))
    assert row["lot"] == "'=1+1"
    assert (row["signs"], row["severity"], row["hours_after_session"]) == (
        "SE-HAEMATOMA",
        "mild",
        "0",
    )
    for secret in (plan.patient.family_name, str(plan.patient.uuid), "Testova", "left cheek"):
        assert secret not in text
    assert AuditEntry.objects.filter(action="reactions.exported").count() == 1


def test_the_report_is_for_clinicians_and_the_export_for_the_doctor(client: Client) -> None:
    given(make_lot(number="LOT-77"), reacts=True)
    page, export = reverse("aftercare:reaction-report"), reverse("aftercare:reaction-export")
    client.force_login(make_staff(Role.COSMETOLOGIST))
    assert "LOT-77" in client.get(page).content.decode()
    assert client.post(export).status_code == 403
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    assert client.post(export).content.startswith(b"product,")
    client.force_login(make_staff(Role.RECEPTION))
    assert client.get(page).status_code == 403
