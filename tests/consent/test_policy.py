"""What a location decides about its consents: on record, the latest holds, unset asks nothing."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from clinic.errors import Stale
from clinic.staff.roles import Role
from consent import policy
from consent.models import Asked, ConsentRules
from consent.policy import Wish
from tests.factories.consent import make_offered
from tests.factories.staff import NOW, make_location, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_nothing_is_set_until_the_lead_sets_it() -> None:
    place, lead = make_location(), make_staff(Role.CLINICAL_LEAD)
    none = ConsentRules.objects.all().of(place, at=NOW)
    assert none._state.adding
    assert none.valid_months is None
    assert none.signers(Asked.ALWAYS) == []
    wish = Wish(valid_months=6, guardian=Asked.ALWAYS, witness=Asked.WHEN_NEEDED)
    first = policy.decide(place, wish, after=None, at=NOW, by=lead)
    policy.decide(place, Wish(), after=first.pk, at=LATER, by=lead)
    assert ConsentRules.objects.all().of(place, at=NOW) == first
    assert first.signers(Asked.ALWAYS) == ["guardian"]
    assert first.signers(Asked.WHEN_NEEDED) == ["witness"]
    assert ConsentRules.objects.all().of(place, at=LATER).valid_months is None
    assert ConsentRules.objects.all().of(make_location(), at=LATER).pk is None


def test_only_a_lead_decides_and_nobody_over_somebody_elses_decision() -> None:
    place, lead = make_location(), make_staff(Role.CLINICAL_LEAD)
    with pytest.raises(policy.LeadsOnly):
        policy.decide(place, Wish(), after=None, at=NOW, by=make_staff(Role.ADMINISTRATOR))
    made = policy.decide(place, Wish(), after=None, at=NOW, by=lead)
    with pytest.raises(Stale):
        policy.decide(place, Wish(valid_months=1), after=None, at=LATER, by=lead)
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentRules.objects.filter(pk=made.pk).update(valid_months=1)


def test_the_page_saves_and_says_what_holds() -> None:
    place, client = make_location(), Client()
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    url = f"/consents/rules/{place.uuid}/"
    assert client.get(url).status_code == 200
    assert "not set: no limit" in client.get("/consents/rules/").content.decode()
    wrong = client.post(url, {"after": "", "valid_months": "0"})
    assert wrong.status_code == 422
    assert (
        client.post(url, {"after": "", "valid_months": "6", "guardian": "always"}).status_code
        == 302
    )
    assert ConsentRules.objects.get().valid_months == 6
    stale = client.post(url, {"after": "", "valid_months": "9"})
    assert stale.status_code == 422
    assert ConsentRules.objects.count() == 1
    client.force_login(make_staff(Role.COSMETOLOGIST))
    assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("months", "day", "end"),
    [
        (1, (2026, 1, 31), (2026, 2, 28)),
        (12, (2024, 2, 29), (2025, 2, 28)),
        (6, (2026, 9, 4), (2027, 3, 4)),
    ],
)
def test_months_end_on_a_day_that_there_is(
    months: int, day: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    document = make_offered(asking={"valid_months": months})
    sealed = NOW.replace(year=day[0], month=1, day=1).replace(month=day[1], day=day[2])
    over = document.end_of_validity(sealed)
    assert over is not None
    assert (over.year, over.month, over.day) == end
    assert make_offered(asking={"valid_months": None}).end_of_validity(sealed) is None
