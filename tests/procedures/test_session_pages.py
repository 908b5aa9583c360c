"""The treatment room at a screen: the gate, what is laid out, what is given, the end."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from procedures import courses, lots, treatment
from procedures.models import AppointmentStatus, Lot, Session
from tests.factories.catalogue import make_lot
from tests.factories.procedures import (
    give,
    make_completed_session,
    make_ready_session,
)
from tests.factories.staff import NOW, make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages ask the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def ready() -> Session:
    return make_ready_session()


@pytest.fixture
def room() -> Client:
    """The tablet in the treatment room."""
    return signed_in(Role.COSMETOLOGIST)


def at(name: str, session: Session) -> str:
    return reverse(f"procedures:{name}", args=[session.uuid])


def status(session: Session) -> str:
    return Session.objects.get(pk=session.pk).appointment.status


def started(session: Session) -> Session:
    return treatment.start(session, at=NOW, by=session.course.plan.practitioner)


def lot_of(session: Session) -> Lot:
    return session.prepared.get().lot


# The gate


def test_the_gate_shows_what_holds_and_the_opening_is_on_record(
    ready: Session, room: Client
) -> None:
    page = room.get(at("session-detail", ready))
    assert all(check.ok for check, _url in page.context["checks"])
    assert AuditEntry.objects.get(action="session.viewed").patient_uuid == ready.patient.uuid


@pytest.mark.parametrize(
    ("code", "mended_at"),
    [
        ("arrived", "/treatment/visits/"),
        ("screening", "#screening"),
        ("consent", "#consent"),
        ("lots", "#lots"),
        ("photo", "/photos/"),
    ],
)
def test_what_is_missing_links_to_where_it_is_mended(
    code: str, mended_at: str, room: Client
) -> None:
    session = make_ready_session(without=code)
    page = room.get(at("session-detail", session))
    (found,) = [(check.code, url) for check, url in page.context["checks"] if not check.ok]
    assert found[0] == code
    assert mended_at in found[1]
    assert f'href="{found[1]}"' in page.content.decode()
    if not found[1].startswith("#"):
        assert room.get(found[1].partition("#")[0]).status_code == 200


def test_a_plan_nobody_signed_links_to_a_page_the_cosmetologist_may_open(
    ready: Session, room: Client
) -> None:
    plan = ready.course.plan
    type(plan).objects.update(signed_off_at=None, signed_off_by=None)
    page = room.get(at("session-detail", ready))
    urls = {check.code: url for check, url in page.context["checks"]}
    assert room.get(urls["sign-off"].partition("#")[0]).status_code == 200


def test_a_held_course_links_to_its_hold(ready: Session, room: Client) -> None:
    courses.hold(ready.course, "test", "swollen", at=NOW, by=None)
    page = room.get(at("session-detail", ready))
    (found,) = [(check.code, url) for check, url in page.context["checks"] if not check.ok]
    assert found[0] == "hold"
    assert room.get(found[1].partition("#")[0]).status_code == 200


def test_a_session_starts_only_through_the_gate(room: Client) -> None:
    session = make_ready_session(without="lots")
    answer = room.post(at("session-start", session))
    assert answer.status_code == 422
    assert "a product of the plan has no lot laid out" in answer.content.decode()
    assert status(session) == AppointmentStatus.ARRIVED
    product = session.course.plan.products.get().product
    lot = make_lot(product)
    laid = room.post(at("session-prepare", session), {"lot": lot.uuid, "opened": "11:00"})
    assert laid.status_code == 302
    assert room.post(at("session-start", session)).status_code == 302
    assert status(session) == AppointmentStatus.STARTED


# Laying out


def test_a_withdrawn_lot_is_not_offered(room: Client) -> None:
    session = make_ready_session(without="lots")
    product = session.course.plan.products.get().product
    lot = make_lot(product)
    lots.withdraw(lot, at=NOW, by=make_staff(Role.COSMETOLOGIST))
    answer = room.post(at("session-prepare", session), {"lot": lot.uuid, "opened": "11:00"})
    assert answer.status_code == 422
    assert "lot" in answer.context["wrong"].errors
    assert not session.prepared.exists()


def test_an_expired_lot_is_refused_with_a_sentence_and_keeps_the_hour(room: Client) -> None:
    session = make_ready_session(without="lots")
    product = session.course.plan.products.get().product
    lot = make_lot(product, expires_on=NOW.date().replace(day=3))
    answer = room.post(at("session-prepare", session), {"lot": lot.uuid, "opened": "10:55"})
    assert answer.status_code == 422
    assert answer.context["wrong"].non_field_errors()
    assert 'value="10:55"' in answer.content.decode()


# Giving


def given(session: Session, **changes: object) -> dict[str, Any]:
    return {
        "lot": lot_of(session).uuid,
        "zone": "cheeks",
        "volume_ml": "1.25",
        "depth_mm": "2.0",
        "points": "40",
        **changes,
    }


def test_what_is_given_is_recorded_and_shown(ready: Session, room: Client) -> None:
    started(ready)
    assert room.post(at("session-inject", ready), given(ready)).status_code == 302
    injection = ready.injections.get()
    assert (injection.volume_ml, injection.points) == (Decimal("1.25"), 40)
    page = room.get(at("session-detail", ready)).content.decode()
    assert "cheeks" in page
    assert lot_of(ready).number in page


def test_a_wrong_volume_keeps_what_was_typed(ready: Session, room: Client) -> None:
    started(ready)
    answer = room.post(at("session-inject", ready), given(ready, volume_ml="much"))
    assert answer.status_code == 422
    assert set(answer.context["wrong"].errors) == {"volume_ml"}
    assert 'value="cheeks"' in answer.content.decode()
    assert not ready.injections.exists()


def test_nothing_is_given_before_the_start(ready: Session, room: Client) -> None:
    answer = room.post(at("session-inject", ready), given(ready))
    assert answer.status_code == 409
    assert not ready.injections.exists()


# The end


def test_a_session_is_completed_with_what_was_seen(ready: Session, room: Client) -> None:
    started(ready)
    give(ready)
    answer = room.post(at("session-complete", ready), {"note": "slight redness"})
    assert answer.status_code == 302
    assert status(ready) == AppointmentStatus.COMPLETED
    page = room.get(at("session-detail", ready))
    assert "slight redness" in page.content.decode()
    assert not page.context["waiting"]


def test_a_session_without_a_record_is_not_completed_and_keeps_the_note(
    ready: Session, room: Client
) -> None:
    started(ready)
    answer = room.post(at("session-complete", ready), {"note": "slight redness"})
    assert answer.status_code == 422
    assert "slight redness" in answer.content.decode()
    assert status(ready) == AppointmentStatus.STARTED


def test_a_session_is_broken_off_with_a_reason(ready: Session, room: Client) -> None:
    started(ready)
    assert room.post(at("session-stop", ready), {"reason": ""}).status_code == 422
    assert room.post(at("session-stop", ready), {"reason": "faint"}).status_code == 302
    assert status(ready) == AppointmentStatus.STOPPED


def test_the_last_session_is_shown_beside(room: Client) -> None:
    done = make_completed_session()
    following = done.course.sessions.get(number=2)
    page = room.get(at("session-detail", following))
    assert page.context["last"] == done
    assert not following.prepared.exists()  # lots are never copied


# Who may


@pytest.mark.parametrize("role", Role)
def test_the_treatment_room_is_for_those_who_treat(role: Role, ready: Session) -> None:
    treats = role in {Role.COSMETOLOGIST, Role.CLINICAL_LEAD}
    client = signed_in(role)
    assert client.get(at("session-detail", ready)).status_code == (200 if treats else 403)
    acts = {"prepare": 422, "inject": 422, "complete": 409, "stop": 422, "chart": 422}
    acts |= {"draft": 422, "take-back": 422, "add": 422}
    for act, refused in acts.items():
        answer = client.post(at(f"session-{act}", ready), {})
        assert answer.status_code == (refused if treats else 403), act
    assert client.get(at("session-start", ready)).status_code == 405
    assert client.post(at("session-start", ready)).status_code == (302 if treats else 403)
    assert status(ready) == ("started" if treats else "arrived")


def test_a_session_that_does_not_exist_is_not_found(room: Client) -> None:
    assert room.get(reverse("procedures:session-detail", args=[uuid4()])).status_code == 404
