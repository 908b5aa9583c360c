"""What a patient reports is kept, judged, and brings the right people at once."""

import pytest
from django.db import transaction

from aftercare import check_ins, reactions
from aftercare.check_ins import More
from aftercare.models import (
    CheckIn,
    CheckInPhoto,
    Feeling,
    Reaction,
    Severity,
    Since,
    Triage,
)
from aftercare.reactions import Report
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.roles import Role
from patients import shots
from procedures.models import CourseHold
from tests.factories.aftercare import A_DAY, AN_HOUR, make_aftercare, make_aftercare_link
from tests.factories.patients import make_picture
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db


def tell(
    feeling: Feeling = Feeling.FADING, *signs: str, words: str = "", hours: float = 24
) -> CheckIn:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + hours * AN_HOUR
    return check_ins.check_in(plan, feeling, signs, words, at=at, by=link)


def test_what_is_expected_is_kept_and_calls_nobody() -> None:
    report = tell(Feeling.FADING, "SE-REDNESS", hours=25)
    assert (report.triage, report.day, report.because) == (Triage.NORMAL, 1, [])
    assert not Task.objects.exists()
    entry = AuditEntry.objects.get(action="check-in.made")
    assert entry.actor_kind == "messaging.patientlink"
    assert entry.facts == {"triage": "normal"}


def test_a_red_flag_calls_the_doctor_and_the_desk_in_the_same_minute() -> None:
    report = tell(Feeling.WORSE, "SE-REDNESS", hours=5)
    assert report.triage == Triage.CONTACT_CLINIC
    tasks = Task.objects.filter(kind=TaskKind.RED_FLAG)
    assert {task.role for task in tasks} == {Role.CLINICAL_LEAD.value, Role.RECEPTION.value}
    assert all(task.urgent and task.due_at == task.created_at == report.at for task in tasks)
    assert not Reaction.objects.exists()


def test_redness_that_does_not_fade_in_three_days_is_a_red_flag() -> None:
    assert tell(Feeling.STILL, "SE-REDNESS", hours=72).is_red_flag


def test_an_emergency_is_urgent_and_holds_the_course_until_a_doctor_looks() -> None:
    report = tell(Feeling.WORSE, "SE-ALLERGY-ACUTE", hours=1)
    assert report.triage == Triage.URGENT
    reaction = Reaction.objects.get()
    assert (reaction.check_in, reaction.severity) == (report, Severity.SEVERE)
    hold = CourseHold.objects.get(course=report.plan.session.course)
    assert hold.cause == f"reaction:{reaction.uuid}"
    assert hold.placed_by is None


def test_words_nobody_can_judge_are_read_by_a_person() -> None:
    report = tell(Feeling.FADING, words="My cheek feels odd")
    task = Task.objects.get()
    assert (task.kind, task.urgent, task.subject_uuid) == (TaskKind.REVIEW, False, report.uuid)
    assert "cheek" not in str(task.facts)


def test_a_sign_that_is_not_known_is_a_red_flag() -> None:
    assert tell(Feeling.FADING, "SE-INVENTED").is_red_flag


def test_a_form_sent_twice_is_one_report_and_a_later_one_another() -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + A_DAY
    first = check_ins.check_in(plan, Feeling.STILL, ["SE-PAIN"], at=at, by=link)
    same = check_ins.check_in(plan, Feeling.STILL, ["SE-PAIN"], at=at, by=link)
    later = check_ins.check_in(plan, Feeling.STILL, ["SE-PAIN"], at=at + AN_HOUR, by=link)
    assert first == same != later


def test_before_the_end_of_the_session_there_is_nothing_to_report() -> None:
    with pytest.raises(check_ins.BeforeTheSession):
        tell(hours=-1)


def test_staff_report_a_reaction_and_the_doctor_is_asked() -> None:
    plan, by = make_aftercare(), make_staff(Role.COSMETOLOGIST)
    told = Report(signs=("SE-HAEMATOMA",), severity=Severity.MODERATE, description="Left, 3 cm")
    reaction = reactions.report(plan.session, told, at=plan.session_ended_at, by=by)
    task = Task.objects.get(cause=f"reaction:{reaction.uuid}")
    assert (task.role, task.urgent) == (Role.CLINICAL_LEAD.value, False)
    assert CourseHold.objects.get().placed_by == by


@pytest.mark.parametrize(
    ("signs", "words", "error"),
    [
        ((), "Something", reactions.NothingDescribed),
        (("SE-PAIN",), " ", reactions.NothingDescribed),
        (("SE-INVENTED",), "Something", reactions.UnknownSign),
    ],
)
def test_a_reaction_needs_a_known_sign_and_words(
    signs: tuple[str, ...], words: str, error: type[Exception]
) -> None:
    plan, by = make_aftercare(), make_staff(Role.COSMETOLOGIST)
    told = Report(signs=signs, severity=Severity.MILD, description=words)
    with pytest.raises(error):
        reactions.report(plan.session, told, at=plan.session_ended_at, by=by)
    assert not CourseHold.objects.exists()


@pytest.mark.parametrize(
    "words",
    ["I can't breathe", "мне трудно дышать", "мені важко дихати"],
)
def test_what_is_written_is_judged_like_what_is_ticked_in_any_language(words: str) -> None:
    assert tell(Feeling.STILL, words=words, hours=3).triage == Triage.URGENT


def test_the_graver_of_ticks_and_words_counts() -> None:
    report = tell(Feeling.FADING, "SE-REDNESS", words="I have a fever", hours=5)
    assert report.triage == Triage.CONTACT_CLINIC
    ticked = tell(Feeling.WORSE, "SE-ALLERGY-ACUTE", words="a little redness", hours=5)
    assert ticked.triage == Triage.URGENT


def test_where_and_since_when_are_kept() -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + A_DAY
    more = More(place=" left cheek ", since=Since.YESTERDAY)
    report = check_ins.check_in(plan, Feeling.STILL, [], "", more, at=at, by=link)
    assert (report.place, report.since) == ("left cheek", Since.YESTERDAY)


def test_a_photo_is_kept_without_traces_and_five_a_day_are_enough() -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + A_DAY
    for number in range(check_ins.PHOTOS_A_DAY):
        picture = More(photo=make_picture())
        words = f"picture {number}"
        report = check_ins.check_in(plan, Feeling.STILL, [], words, picture, at=at, by=link)
        assert check_ins.photo(report.photo).startswith(b"\xff\xd8")
    with pytest.raises(check_ins.TooManyPhotos):
        check_ins.check_in(
            plan, Feeling.STILL, [], "one more", More(photo=make_picture()), at=at, by=link
        )
    assert CheckInPhoto.objects.count() == check_ins.PHOTOS_A_DAY


def test_what_is_no_picture_keeps_nothing() -> None:
    plan = make_aftercare()
    link, at = make_aftercare_link(plan), plan.session_ended_at + A_DAY
    bad = More(photo=b"<svg>")
    with pytest.raises(shots.NoPicture), transaction.atomic():
        check_ins.check_in(plan, Feeling.STILL, [], "", bad, at=at, by=link)
    assert not CheckIn.objects.exists()
