"""A clinician looks at the skin and ends what may be ended, from day 4 on."""

import pytest

from aftercare import restrictions
from clinic.errors import WrongState
from clinic.messaging.models import Message, MessageState
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from tests.factories.aftercare import A_DAY, AN_HOUR, make_aftercare
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db


def test_from_day_four_on_a_clinician_may_release_one() -> None:
    plan, clinician = make_aftercare(), make_staff(Role.COSMETOLOGIST)
    touch, day_four = plan.restrictions.get(rule="RX-TOUCH"), plan.session_ended_at + 4 * A_DAY
    with pytest.raises(restrictions.TooEarly):
        restrictions.release(touch, at=day_four - AN_HOUR, by=clinician)
    released = restrictions.release(touch, at=day_four, by=clinician)
    assert (released.released_at, released.released_by) == (day_four, clinician)
    assert AuditEntry.objects.get(action="restriction.released").facts == {"rule": "RX-TOUCH"}
    with pytest.raises(WrongState):
        restrictions.release(touch, at=day_four, by=clinician)


def test_sauna_solarium_and_sun_stay_whatever_the_skin_looks_like() -> None:
    plan, doctor = make_aftercare(), make_staff(Role.CLINICAL_LEAD)
    for rule in ("RX-HEAT-SAUNA", "RX-SOLARIUM", "RX-SUN"):
        with pytest.raises(restrictions.NotReleasable):
            restrictions.release(
                plan.restrictions.get(rule=rule), at=plan.session_ended_at + 6 * A_DAY, by=doctor
            )


def test_what_is_over_is_not_released() -> None:
    plan, doctor = make_aftercare(), make_staff(Role.CLINICAL_LEAD)
    touch = plan.restrictions.get(rule="RX-TOUCH")
    with pytest.raises(WrongState):
        restrictions.release(touch, at=touch.until, by=doctor)


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.ADMINISTRATOR, Role.AUDITOR])
def test_only_who_treats_may_release(role: Role) -> None:
    plan = make_aftercare()
    with pytest.raises(restrictions.CliniciansOnly):
        restrictions.release(
            plan.restrictions.get(rule="RX-TOUCH"),
            at=plan.session_ended_at + 5 * A_DAY,
            by=make_staff(role),
        )


def test_released_as_a_whole_the_reminders_of_the_window_end_and_the_others_stay() -> None:
    plan, clinician = make_aftercare(), make_staff(Role.COSMETOLOGIST)
    with pytest.raises(restrictions.TooEarly):
        restrictions.release_all(plan, at=plan.session_ended_at + 3 * A_DAY, by=clinician)
    released = restrictions.release_all(plan, at=plan.session_ended_at + 4 * A_DAY, by=clinician)
    assert {row.rule for row in released}.isdisjoint({"RX-HEAT-SAUNA", "RX-SUN", "RX-SELF-MED"})
    assert len(released) > 8
    rows = {row.message: row for row in Message.objects.filter(patient_uuid=plan.patient.uuid)}
    assert rows["RP-D5"].state == rows["RP-D6"].state == MessageState.CANCELLED
    assert rows["RP-D7"].state == rows["RP-D14"].state == MessageState.OWED
    held = plan.restrictions.not_over(at=plan.session_ended_at + 4 * A_DAY)
    assert "RX-HEAT-SAUNA" in {row.rule for row in held}
    assert "RX-TOUCH" not in {row.rule for row in held}
