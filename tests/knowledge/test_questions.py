"""The questionnaire asks for every rule, once, at the right moment, of the right person."""

from itertools import pairwise

from clinic.knowledge.entries import AskedBy, DateNeed, Moment
from clinic.knowledge.loader import Knowledge
from clinic.knowledge.questions import ANYTHING_CHANGED, Question, questions, questions_for
from tests.knowledge.conftest import Copy


def asked(knowledge: Knowledge, code: str) -> Question:
    return next(one for one in questions(knowledge) if one.code == code)


def test_every_rule_that_is_asked_has_one_question(knowledge: Knowledge) -> None:
    codes = [one.code for one in questions(knowledge)]
    assert len(codes) == len(set(codes))
    assert set(codes) == set(knowledge.contraindications) - {"CI-AGE-UNDER-18"}


def test_age_is_never_asked_as_a_question(knowledge: Knowledge) -> None:
    assert all(one.asked_by is not AskedBy.COMPUTED for one in questions(knowledge))


def test_the_patient_is_asked_before_the_staff(knowledge: Knowledge) -> None:
    order = [one.asked_by for one in questions(knowledge)]
    assert order == [AskedBy.PATIENT] * 41 + [AskedBy.STAFF] * 7


def test_questions_of_one_group_stand_together(knowledge: Knowledge) -> None:
    groups = [one.group for one in questions_for("intake", knowledge=knowledge)]
    changes = sum(one != two for one, two in pairwise(groups))
    assert changes == len(set(groups)) - 1
    assert groups[0] == "visit"


def test_everything_is_asked_at_intake(knowledge: Knowledge) -> None:
    at_intake = questions_for("intake", knowledge=knowledge)
    assert [one.code for one in at_intake] == [
        one.code for one in questions(knowledge) if one.asked_by is AskedBy.PATIENT
    ]


def test_a_session_asks_again_what_can_change_and_whether_anything_did(
    knowledge: Knowledge,
) -> None:
    at_session = questions_for("session", knowledge=knowledge)
    assert at_session[-1].code == ANYTHING_CHANGED
    assert at_session[-1].answers == ("yes", "no", "unsure")
    codes = {one.code for one in at_session}
    assert {"CI-PREGNANCY", "CI-FEVER", "CI-ALCOHOL-24H", "CI-HERPES"} <= codes
    assert not {"CI-DIABETES", "CI-HIV", "CI-EXPECTATIONS"} & codes
    for one in at_session[:-1]:
        assert Moment.SESSION in one.recheck


def test_staff_are_asked_their_own_questions(knowledge: Knowledge) -> None:
    staff = questions_for("intake", asked_by=AskedBy.STAFF, knowledge=knowledge)
    assert len(staff) == 7
    assert {one.group for one in staff} == {"products"}
    again = questions_for("session", asked_by=AskedBy.STAFF, knowledge=knowledge)
    assert {one.code for one in again} == {"CI-UNLICENSED"}


def test_only_who_can_be_pregnant_is_asked_about_it(knowledge: Knowledge) -> None:
    conditional = {one.code for one in questions(knowledge) if one.ask_if_can_be_pregnant}
    assert conditional == {
        "CI-PREGNANCY",
        "CI-LACTATION",
        "CI-POSTPARTUM",
        "CI-MENSTRUATION",
        "CI-PREG-PLANNING",
    }


def test_dates_are_asked_where_a_rule_counts_from_one(knowledge: Knowledge) -> None:
    needs = {one.code: one.needs_date for one in questions(knowledge) if one.needs_date}
    assert needs == {
        "CI-PREGNANCY": DateNeed.PREGNANCY_ENDED,
        "CI-LACTATION": DateNeed.LACTATION_ENDED,
        "CI-POSTPARTUM": DateNeed.DELIVERY_DATE,
        "CI-MENSTRUATION": DateNeed.MENSTRUATION_ENDED,
        "CI-ALCOHOL-24H": DateNeed.LAST_ALCOHOL,
        "CI-CLOTTING-DRUGS": DateNeed.PRESCRIBER_STOPPED_DRUG,
        "CI-RECENT-PROCEDURE": DateNeed.RECENT_PROCEDURE,
    }
    birth = asked(knowledge, "CI-POSTPARTUM")
    assert birth.date_after == ("yes",)
    assert birth.date_label is not None
    assert birth.date_label.in_("uk").startswith("Дата пологів")
    assert asked(knowledge, "CI-ALCOHOL-24H").date_with_time
    assert asked(knowledge, "CI-DIABETES").date_label is None


def test_answers_fit_the_rule(knowledge: Knowledge) -> None:
    assert asked(knowledge, "CI-DIABETES").answers == ("yes", "no", "unsure")
    assert asked(knowledge, "CI-ALLERGY-COMPONENT").answers == ("yes", "no", "unsure")
    assert asked(knowledge, "CI-UNLICENSED").answers == ("yes", "no", "unsure")
    assert asked(knowledge, "CI-EXPECTATIONS").answers == ()
    assert asked(knowledge, "CI-HA-DEHYDRATION").answers == ("assessed", "not_assessed")


def test_follow_ups_and_sensitive_questions_are_marked(knowledge: Knowledge) -> None:
    assert [one.en for one in asked(knowledge, "CI-DIABETES").follow_ups] == [
        "Type",
        "Insulin: yes or no",
    ]
    assert asked(knowledge, "CI-HIV").sensitive
    assert not asked(knowledge, "CI-FEVER").sensitive


def test_texts_and_headings_come_in_the_language_of_the_patient(knowledge: Knowledge) -> None:
    fever = asked(knowledge, "CI-FEVER")
    assert fever.text.in_("en") == "Do you have a raised temperature today?"
    assert fever.heading.in_("ru") == "Инфекции и температура"
    assert fever.text.in_("uk-UA") == fever.text.uk
    assert fever.text.in_("pl") == fever.text.en


def test_a_new_rule_is_a_new_question(copy: Copy) -> None:
    file = "contraindications/heart_and_vessels.toml"
    text = (copy.root / file).read_text(encoding="utf-8")
    new = text.partition("[CI-HEART]")[2].partition("[CI-VASCULAR]")[0]
    (copy.root / file).write_text(f"{text}\n[CI-HEART-NEW]{new}", encoding="utf-8")
    assert any(one.code == "CI-HEART-NEW" for one in questions(copy.read()))
