"""Lots on the shelf."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.errors import WrongState
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import lots, products
from procedures.lots import ExpiredOnArrival, LotExists, NoNumber, NoUnits
from procedures.models import Lot, Product
from tests.factories.catalogue import make_lot, make_product
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
NEXT_YEAR = date(2027, 3, 4)


@pytest.fixture
def product() -> Product:
    return make_product()


@pytest.fixture
def nurse() -> User:
    return make_staff(Role.COSMETOLOGIST)


def test_a_lot_is_received_on_the_clinics_day(product: Product, nurse: User) -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # half past one in the morning in Kyiv
    lot = lots.receive(product, " A1 ", expires_on=NEXT_YEAR, units=5, at=late, by=nurse)
    assert (lot.number, lot.received_on) == ("A1", date(2026, 3, 5))
    assert AuditEntry.objects.filter(action="lot.received", subject_uuid=lot.uuid).exists()


def test_the_same_lot_of_a_product_is_received_once(product: Product, nurse: User) -> None:
    make_lot(product, number="A1")
    with pytest.raises(LotExists):
        lots.receive(product, "A1", expires_on=NEXT_YEAR, units=5, at=NOW, by=nurse)
    make_lot(number="A1")  # another product may have this number
    assert Lot.objects.filter(number="A1").count() == 2


def test_a_lot_that_is_past_its_date_is_not_received(product: Product, nurse: User) -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    with pytest.raises(ExpiredOnArrival):
        lots.receive(product, "A1", expires_on=yesterday, units=5, at=NOW, by=nurse)
    today = lots.receive(product, "A1", expires_on=NOW.date(), units=5, at=NOW, by=nurse)
    assert Lot.objects.usable(on=NOW.date()).get() == today


def test_a_lot_has_a_number_and_units(product: Product, nurse: User) -> None:
    with pytest.raises(NoNumber):
        lots.receive(product, "  ", expires_on=NEXT_YEAR, units=5, at=NOW, by=nurse)
    with pytest.raises(NoUnits):
        lots.receive(product, "A1", expires_on=NEXT_YEAR, units=0, at=NOW, by=nurse)


def test_nothing_is_received_of_a_retired_product(product: Product, nurse: User) -> None:
    products.retire(product, at=NOW, by=make_staff(Role.CLINICAL_LEAD))
    with pytest.raises(WrongState):
        lots.receive(product, "A1", expires_on=NEXT_YEAR, units=5, at=NOW, by=nurse)


def test_a_withdrawn_lot_is_never_usable_again(product: Product, nurse: User) -> None:
    lot = lots.withdraw(make_lot(product), at=NOW, by=nurse)
    assert not Lot.objects.usable(on=NOW.date()).exists()
    assert lots.withdraw(lot, at=NOW + timedelta(days=1), by=nurse).withdrawn_at == NOW
