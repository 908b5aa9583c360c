"""What the sources leave to the clinic: set with a reason, unset again, never guessed."""

from datetime import timedelta

import pytest

from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import settings
from procedures.models import ClinicSetting
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
KEY = "interval_after_laser"


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def test_everything_is_shipped_unset_and_what_may_hold_comes_first() -> None:
    waiting = settings.unset()

    assert settings.current() == {}
    assert len(waiting) > 20
    assert [one.holds for one in waiting] == sorted((one.holds for one in waiting), reverse=True)


def test_the_last_value_holds_and_the_earlier_ones_stay_on_record(lead: User) -> None:
    settings.set_value(KEY, "14", "Our protocol", at=NOW, by=lead)
    settings.set_value(KEY, 21, "New device", at=NOW + timedelta(days=1), by=lead)

    assert settings.current() == {KEY: 21}
    assert settings.current(at=NOW) == {KEY: 14}
    assert ClinicSetting.objects.count() == 2
    assert AuditEntry.objects.filter(action="setting.set").count() == 2


def test_a_value_can_be_unset_again(lead: User) -> None:
    settings.set_value(KEY, 14, "Our protocol", at=NOW, by=lead)
    settings.set_value(KEY, None, "Was a mistake", at=NOW, by=lead)

    assert KEY not in settings.current()
    assert KEY in {one.key for one in settings.unset()}


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("inr_limit", "1,5", "1.5"),
        ("inr_limit", 2, "2"),
        ("lab_checklist", "glucose\n\ncoagulogram ", ["glucose", "coagulogram"]),
        ("contact_hours", " Mon to Fri ", "Mon to Fri"),
    ],
)
def test_values_are_kept_as_their_kind(lead: User, key: str, value: object, kept: object) -> None:
    settings.set_value(key, value, "Decided", at=NOW, by=lead)

    assert settings.current() == {key: kept}


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (KEY, "soon", settings.NotANumber),
        (KEY, -1, settings.NotANumber),
        (KEY, "NaN", settings.NotANumber),
        (KEY, "7.5", settings.NotWholeDays),
        ("lab_checklist", " \n ", settings.NoText),
        ("contact_hours", "", settings.NoText),
        ("no_such_key", 1, settings.NoSuchSetting),
    ],
)
def test_nonsense_is_refused(lead: User, key: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        settings.set_value(key, value, "Decided", at=NOW, by=lead)

    assert not ClinicSetting.objects.exists()


def test_only_a_lead_sets_and_never_without_a_reason(lead: User) -> None:
    with pytest.raises(settings.LeadsOnly):
        settings.set_value(KEY, 14, "Mine", at=NOW, by=make_staff(Role.ADMINISTRATOR))
    with pytest.raises(settings.NoReason):
        settings.set_value(KEY, 14, " ", at=NOW, by=lead)
