"""What is on the shelf is delivered less moved, and a withdrawn lot finds its patients."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import lots, treatment
from procedures.models import Lot, MovementKind, Product, Session
from tests.factories.catalogue import make_lot
from tests.factories.procedures import make_completed_session, make_ready_session
from tests.factories.staff import NOW, make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
GTIN = "04012345678901"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages ask the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def nurse() -> User:
    return make_staff(Role.COSMETOLOGIST)


def page_of(lot: Lot, name: str = "lot-detail") -> str:
    return reverse(f"procedures:{name}", args=[lot.uuid])


# The book


def test_what_is_thrown_away_or_counted_moves_the_balance(nurse: User) -> None:
    lot = make_lot()
    lots.waste(lot, 3, "dropped", at=NOW, by=nurse)
    assert lots.on_shelf(lot) == 17
    lots.count(lot, 18, "one was behind the others", at=NOW, by=nurse)
    assert lots.on_shelf(lot) == 18
    assert list(lot.movements.order_by("pk").values_list("kind", "units")) == [
        (MovementKind.WASTED, -3),
        (MovementKind.COUNTED, 1),
    ]
    assert AuditEntry.objects.filter(subject_uuid=lot.uuid, action="lot.wasted").exists()


def test_nobody_throws_away_what_is_not_there(nurse: User) -> None:
    lot = make_lot()
    with pytest.raises(lots.NotOnTheShelf):
        lots.waste(lot, 21, "dropped", at=NOW, by=nurse)
    with pytest.raises(lots.NothingMoved):
        lots.waste(lot, -1, "dropped", at=NOW, by=nurse)
    with pytest.raises(lots.NothingMoved):
        lots.waste(lot, 1, " ", at=NOW, by=nurse)
    with pytest.raises(lots.SameCount):
        lots.count(lot, 20, "looked", at=NOW, by=nurse)
    assert lots.on_shelf(lot) == 20


def test_units_laid_out_leave_the_shelf_and_come_back_when_put_back() -> None:
    session = make_ready_session()
    use, by = session.prepared.get(), session.course.plan.practitioner
    assert lots.on_shelf(use.lot) == 19
    treatment.prepare(session, use.lot, 2, opened_at=NOW, at=NOW, by=by)
    assert lots.on_shelf(use.lot) == 17
    assert session.prepared.get().units == 3
    with pytest.raises(lots.NotOnTheShelf):
        treatment.prepare(session, use.lot, 18, opened_at=NOW, at=NOW, by=by)
    treatment.put_back(session, use.lot, at=NOW, by=by)
    assert lots.on_shelf(use.lot) == 20


def test_the_list_shows_what_ends_within_a_month(nurse: User) -> None:
    ends = make_lot(expires_on=(NOW + timedelta(days=30)).date())
    later = make_lot(expires_on=(NOW + timedelta(days=31)).date())
    used = make_lot(expires_on=(NOW + timedelta(days=5)).date())
    lots.waste(used, 20, "fridge broke", at=NOW, by=nurse)
    room, url = signed_in(nurse), reverse("procedures:stock-list")
    assert list(room.get(url, {"show": "ending"}).context["lots"]) == [ends]
    assert list(room.get(url).context["lots"]) == [ends, later]


def test_the_book_is_kept_at_a_page(nurse: User) -> None:
    lot, room = make_lot(), signed_in(nurse)
    wasted = room.post(page_of(lot, "lot-waste"), {"units": "2", "why": "dropped"})
    assert wasted.status_code == 302
    assert room.post(page_of(lot, "lot-count"), {"found": "-1", "why": "x"}).status_code == 422
    refused = room.post(page_of(lot, "lot-waste"), {"units": "99", "why": "all"})
    assert refused.status_code == 422
    assert "only 18 are on the shelf" in refused.content.decode()
    assert "dropped" in room.get(page_of(lot)).content.decode()


# Recall


def test_a_withdrawn_lot_asks_for_everybody_who_had_it_once(nurse: User) -> None:
    session = make_completed_session()
    lot = session.injections.get().lot
    lots.withdraw(lot, "recalled by the maker", at=NOW, by=nurse)
    lots.withdraw(lot, "again", at=NOW, by=nurse)
    task = Task.objects.get(kind=TaskKind.LOT_RECALL)
    assert (task.patient_uuid, task.role) == (session.patient.uuid, Role.CLINICAL_LEAD)
    lot.refresh_from_db()
    assert lot.withdrawn_reason == "recalled by the maker"


def test_whoever_has_it_open_in_the_room_is_told_at_once(nurse: User) -> None:
    session = make_ready_session()
    lots.withdraw(session.prepared.get().lot, "recalled", at=NOW, by=nurse)
    task = Task.objects.get(kind=TaskKind.LOT_RECALL)
    assert task.owner_uuid == session.course.plan.practitioner.uuid
    assert task.urgent


def test_the_recall_lists_who_had_the_lot_in_one_query() -> None:
    first = make_completed_session()
    lot, lead = first.injections.get().lot, make_staff(Role.CLINICAL_LEAD)
    make_completed_session()  # of another lot
    with CaptureQueriesContext(connection) as asked:
        [person] = list(lots.recall(lot, lead))
    assert len(asked) == 1
    assert (person.patient, person.volume_ml) == (first.patient, Decimal("1.50"))


def test_the_table_of_a_recall_holds_no_formula() -> None:
    session = make_completed_session()
    Patient.objects.filter(pk=session.patient_id).update(family_name='=HYPERLINK("x")')
    lot, room = session.injections.get().lot, signed_in(Role.CLINICAL_LEAD)
    answer = room.get(page_of(lot, "lot-recall-export"))
    [head, line] = list(csv.reader(io.StringIO(answer.content.decode())))
    assert head[:3] == ["number", "name", "phone"]
    assert line[1].startswith("'=HYPERLINK") or not line[1].startswith("=")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
    assert AuditEntry.objects.get(action="lot.recall-exported").facts["rows"] == 1
    assert str(session.patient.number) in room.get(page_of(lot, "lot-recall")).content.decode()


def test_the_desk_and_the_administrator_see_no_recall() -> None:
    lot = make_lot()
    for role in (Role.RECEPTION, Role.ADMINISTRATOR, Role.AUDITOR):
        room = signed_in(role)
        assert room.get(page_of(lot, "lot-recall")).status_code == 403
        assert room.get(page_of(lot, "lot-recall-export")).status_code == 403
        assert room.get(page_of(lot)).status_code == 200


# The scanner


def scanned(session: Session, code: str) -> Any:
    room = signed_in(Role.COSMETOLOGIST)
    url = reverse("procedures:session-prepare", args=[session.uuid])
    return room.post(url, {"code": code, "opened": "11:00"})


def test_a_scanned_box_is_laid_out_if_it_says_what_our_stock_says() -> None:
    session = make_ready_session(without="lots")
    product = session.course.plan.products.get().product
    Product.objects.filter(pk=product.pk).update(gtin=GTIN)
    lot = make_lot(product, number="AB-12")
    assert scanned(session, f"01{GTIN}10XX").status_code == 422
    assert scanned(session, "4711").status_code == 422
    assert scanned(session, f"01{GTIN}1799010110AB-12").status_code == 422
    assert not session.prepared.exists()
    assert scanned(session, f"01{GTIN}17{lot.expires_on:%y%m%d}10AB-12").status_code == 302
    assert session.prepared.get().lot == lot


def test_a_scanned_box_is_received_with_its_lot_and_expiry(nurse: User) -> None:
    lot = make_lot()
    Product.objects.filter(pk=lot.product_id).update(gtin=GTIN)
    room, url = signed_in(nurse), reverse("procedures:lot-receive", args=[lot.product.uuid])
    assert room.post(url, {"code": f"01{GTIN}1728010110NEW", "units": "5"}).status_code == 302
    assert Lot.objects.get(number="NEW").units == 5
    wrong = room.post(url, {"code": "0100000000000000", "units": "5"})
    assert wrong.status_code == 422
    assert room.post(url, {"units": "5"}).status_code == 422
