"""What a plan asks the patient to agree to, and when an agreement covers it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.knowledge.loader import load
from clinic.record.models import Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import withdrawing
from consent.content import ConsentContent
from consent.models import ConsentDocument, ConsentState
from consent.sandbox import Unfilled
from patients.intake import Said
from patients.models import Area
from procedures import (
    catalogue,
    consenting,
    disclosure,
    plans,
    products,
    screening,
    terms,
    treatment,
    withdrawals,
)
from procedures.consenting import NotSignedOff
from procedures.models import IngredientRole, Plan, TestResult
from procedures.products import Ingredient
from procedures.wording import AREAS, REPLIES, TEST_RESULTS, VIEWS, period
from tests.factories.catalogue import VITAMIN_C, make_leaflet, make_product
from tests.factories.consent import make_wording
from tests.factories.patients import (
    make_healthy_patient,
    make_history,
    make_intake,
    make_none_known,
    make_patient,
)
from tests.factories.plans import make_intent, make_plan, make_screening, make_signed_plan
from tests.factories.procedures import (
    EARLIER,
    book_course,
    make_bookable_plan,
    make_consent,
    make_place,
    make_ready_session,
)
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
LANGUAGES = ("en", "ru", "uk")
HYALURONIC = Ingredient(text="Hyaluronic acid 1%", role=IngredientRole.ACTIVE)


@pytest.fixture
def doctor() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def content(plan: Plan, language: str = "en") -> ConsentContent:
    return disclosure.content_of(plan, language=language, at=LATER)


def revised(plan: Plan, **changes: Any) -> Plan:
    product = plan.products.get().product
    intent = make_intent(product, practitioner=plan.practitioner, location=plan.location, **changes)
    return plans.revise(plan, intent, at=LATER, by=plan.practitioner)


# What it says


def test_a_consent_names_everything_the_plan_does() -> None:
    plan = make_plan(
        intent=make_intent(
            make_product(name="Fictivit C"),
            pain_relief="Ice",
            goal="Brighter skin",
            other_conditions="Sessions on weekdays\n\n Paid one by one ",
        )
    )
    said = content(plan)
    assert (said.indication.id, said.technique.id, said.area.id) == (
        "ID-COMPLEXION",
        "TE-NAPPAGE",
        "face",
    )
    assert (said.sessions.count, said.sessions.interval_days) == (6, 7)
    assert [drug.name for drug in said.drugs] == ["Fictivit C"]
    assert [part.name for part in said.drugs[0].active] == ["Ascorbic acid"]
    assert [part.name for part in said.drugs[0].excipients] == ["Sodium chloride 0.9%"]
    assert (said.goal, said.pain_relief) == ("Brighter skin", "Ice")
    assert said.other_conditions == ("Sessions on weekdays", "Paid one by one")
    assert said.expected
    assert said.preparation
    assert len(said.photo_views) == 5
    assert said.clinic.urgent_phone == plan.location.urgent_phone
    assert said.patient.number == plan.patient.number


def test_every_risk_of_the_knowledge_is_named_and_those_of_the_product_first() -> None:
    plan = make_plan(intent=make_intent(make_product(HYALURONIC)))
    risks = content(plan).risks
    assert {risk.id for risk in risks} == set(load().consent_risks)
    marked = {risk.id for risk in risks if risk.of_this_plan}
    assert "RK-SWELL-EYELID" in marked
    assert "RK-REDNESS" not in marked
    assert not any(risk.of_this_plan for risk in content(make_plan()).risks)


def test_words_are_in_the_language_that_is_signed_and_terms_are_the_same() -> None:
    plan = make_plan()
    said = {language: content(plan, language) for language in LANGUAGES}
    assert [said[language].area.label for language in LANGUAGES] == ["Face", "Лицо", "Обличчя"]
    described = load().techniques["TE-NAPPAGE"].description
    texts = [said[language].technique.text for language in LANGUAGES]
    assert texts == [described.en, described.ru, described.uk]
    assert {one.terms_sha256() for one in said.values()} == {terms.terms_of(plan)}
    assert len({one.sha256() for one in said.values()}) == 3
    answers = {said[language].health[0].answer for language in LANGUAGES}
    assert answers == {"No", "Нет", "Ні"}


def test_what_is_forbidden_has_its_period_and_its_real_end() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    assert {item.until for item in content(plan).aftercare} == {None}
    book_course(plan, place)
    said = {item.id: item for item in content(plan).aftercare}
    assert said["RX-HEAT-SAUNA"].period == "for 14 days"
    assert said["RX-HEAT-SAUNA"].until == NOW + timedelta(days=14)
    assert len(content(plan).sessions.booked) == 2


def test_what_concerns_another_area_or_is_withheld_is_left_out() -> None:
    face = {item.id for item in content(make_plan()).aftercare}
    eyelid = make_plan(intent=make_intent(area=Area.LOWER_EYELID.value))
    assert "RX-SUNGLASSES" not in face
    assert "RX-SUNGLASSES" in {item.id for item in content(eyelid).aftercare}
    assert face.isdisjoint({"RX-PROTEIN", "RX-ALCOHOL-BEFORE"})


def test_answers_stand_as_given_with_their_date_and_words() -> None:
    patient = make_patient()
    make_none_known(patient)
    make_intake(
        patient,
        {
            "CI-POSTPARTUM": ("yes", date(2024, 2, 1)),
            "CI-EXPECTATIONS": Said(reply="said", note="Fresher skin"),
        },
    )
    health = {item.id: item.answer for item in content(make_plan(patient)).health}
    assert health["CI-POSTPARTUM"] == "Yes, 01.02.2024"
    assert health["CI-EXPECTATIONS"] == "Fresher skin"
    assert health["CI-FEVER"] == "No"


def test_what_is_for_doctors_only_is_on_no_paper_of_the_desk(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, "condition", "HIV")
    plan = make_plan(patient)
    made = make_screening(plan)
    hidden = [one for one in screening.findings_of(made) if one.sensitive]
    assert hidden
    assert "CI-HIV" not in {item.id for item in content(plan).health}
    assert "CI-HIV" not in {item.rule for item in content(plan).findings}
    for finding in screening.stopping(made, plan):
        screening.override(plan, finding.code, "Discussed", at=NOW, by=doctor)
    for language, words in zip(LANGUAGES, ("discussed", "врачом", "лікарем"), strict=True):
        said = content(plan, language)
        assert said.overrides
        assert all(words in term.label for term in said.overrides)
        assert "HIV" not in " ".join(term.label for term in said.overrides)


def test_an_open_finding_and_a_decision_are_printed_in_the_patients_language(doctor: User) -> None:
    patient = make_healthy_patient()
    make_history(patient, "medicine", "warfarin")
    plan = make_plan(patient)
    made = make_screening(plan)
    first, *others = screening.stopping(made, plan)
    screening.override(plan, first.code, "Ended by the prescriber", at=NOW, by=doctor)
    said = content(plan, "ru")
    assert [(term.label, term.reason) for term in said.overrides] == [
        (first.label.ru, "Ended by the prescriber")
    ]
    assert {finding.label for finding in said.findings} == {one.label.ru for one in others}


def test_a_test_on_the_skin_is_printed_with_what_it_showed() -> None:
    plan = make_plan()
    product, by = plan.products.get().product, plan.practitioner
    test = plans.record_test(plan, product, "left forearm", at=NOW, by=by)
    assert [term.result for term in content(plan, "uk").allergy_tests] == ["Ще не оцінено"]
    plans.read_test(test, TestResult.NEGATIVE, at=LATER, by=by)
    (term,) = content(plan).allergy_tests
    assert (term.result, term.read_on) == ("No reaction", NOW.date())


@pytest.mark.parametrize(
    ("hours", "english", "russian", "ukrainian"),
    [
        (24, "for 24 hours", "24 часа", "24 години"),
        (1, "for 1 hour", "1 час", "1 годину"),
        (36, "for 36 hours", "36 часов", "36 годин"),
        (48, "for 2 days", "2 дня", "2 дні"),
        (168, "for 7 days", "7 дней", "7 днів"),
        (264, "for 11 days", "11 дней", "11 днів"),
        (504, "for 21 days", "21 день", "21 день"),
    ],
)
def test_periods_are_said_as_one_says_them(
    hours: int, english: str, russian: str, ukrainian: str
) -> None:
    assert [period(hours, one) for one in LANGUAGES] == [english, russian, ukrainian]


def test_every_short_word_that_is_printed_has_its_three_languages() -> None:
    from patients.models import Reply, View  # noqa: PLC0415

    assert AREAS.keys() == set(Area.values)
    assert VIEWS.keys() == set(View.values)
    assert REPLIES.keys() == set(Reply.values)
    assert TEST_RESULTS.keys() == {"", *TestResult.values}


def test_it_says_which_rules_it_rests_on() -> None:
    assert content(make_plan()).knowledge == catalogue.version({})


# When it is offered, and when it holds


def test_a_consent_is_offered_only_after_the_doctors_sign_off(doctor: User) -> None:
    with pytest.raises(NotSignedOff):
        consenting.offer(make_plan(), language="en", at=NOW, by=doctor)
    assert not ConsentDocument.objects.exists()


def test_a_sealed_consent_is_in_force_for_its_plan_only() -> None:
    plan = make_signed_plan()
    make_consent(plan, at=NOW)
    assert consenting.in_force(plan, at=LATER) is not None
    product = plan.products.get().product
    twin = make_signed_plan(plan.patient, make_intent(product, location=plan.location))
    assert content(twin).terms_sha256() == content(plan).terms_sha256()
    assert consenting.in_force(twin, at=LATER) is None


def test_an_offered_consent_is_on_its_way_and_not_in_force(doctor: User) -> None:
    plan = make_signed_plan(by=doctor)
    make_consent(make_signed_plan(), at=NOW)  # prepares the seal, and is another's
    document = consenting.offer(plan, language="uk", at=NOW, by=doctor)
    assert (document.state, document.language) == (ConsentState.OFFERED, "uk")
    assert consenting.on_its_way(plan) == document
    assert consenting.in_force(plan, at=LATER) is None


def test_a_wording_that_does_not_fit_makes_no_document_and_a_lead_learns_why(doctor: User) -> None:
    plan = make_signed_plan(by=doctor)
    make_consent(make_signed_plan(), at=NOW)  # prepares the seal, and is another's
    make_wording(rights="It costs {{ price }}.")
    for _ in range(2):
        with pytest.raises(Unfilled, match="price"):
            consenting.offer_or_ask(plan, language="en", at=NOW, by=doctor)
    assert consenting.on_its_way(plan) is None
    task = Task.objects.get(kind=TaskKind.CONSENT_PROBLEM)
    assert (task.subject_uuid, task.role) == (plan.uuid, Role.CLINICAL_LEAD)
    assert task.facts == {"code": "unfilled-wording", "gap": "price"}
    make_wording(rights="It costs something.")
    consenting.offer_or_ask(plan, language="en", at=NOW, by=doctor)
    assert not Task.objects.open().filter(kind=TaskKind.CONSENT_PROBLEM).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"sessions": 7},
        {"interval_days": 8},
        {"technique": "TE-PAPULE"},
        {"area": "neck"},
        {"pain_relief": "Lidocaine"},
    ],
)
def test_a_revision_with_other_terms_is_not_covered(changes: dict[str, Any]) -> None:
    plan = make_signed_plan()
    make_consent(plan, at=NOW)
    assert consenting.in_force(revised(plan, **changes), at=LATER) is None


def test_another_product_or_another_volume_is_not_covered() -> None:
    plan = make_signed_plan()
    make_consent(plan, at=NOW)
    intent = make_intent(make_product(), location=plan.location, practitioner=plan.practitioner)
    new = plans.revise(plan, intent, at=LATER, by=plan.practitioner)
    assert consenting.in_force(new, at=LATER) is None


def test_another_composition_of_the_same_product_is_not_covered(doctor: User) -> None:
    plan = make_signed_plan()
    make_consent(plan, at=NOW)
    product = plan.products.get().product
    leaflet = make_leaflet(VITAMIN_C, name=product.name)
    products.edit(product, leaflet, version=product.version, at=LATER, by=doctor)
    assert consenting.in_force(Plan.objects.get(pk=plan.pk), at=LATER) is None


def test_a_decision_made_after_the_signature_is_not_covered(doctor: User) -> None:
    patient = make_healthy_patient()
    plan = make_signed_plan(patient)
    make_consent(plan, at=NOW)
    make_history(patient, "medicine", "warfarin", at=NOW)
    plan = Plan.objects.get(pk=plan.pk)
    finding = screening.stopping(make_screening(plan, at=LATER), plan)[0]
    screening.override(plan, finding.code, "Ended by the prescriber", at=LATER, by=doctor)
    assert consenting.in_force(plan, at=LATER) is None


# When the patient takes it back


def test_a_withdrawal_asks_about_the_sessions_that_have_lost_their_consent(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    first = book_course(plan, place).sessions.get(number=1)
    document = make_consent(plan)
    with django_capture_on_commit_callbacks(execute=True):
        withdrawing.withdraw(document, "afraid of needles", at=NOW, by=place.desk)
    task = Task.objects.get(kind=TaskKind.CONSENT_PROBLEM)
    assert (task.subject_uuid, task.patient_uuid) == (first.uuid, plan.patient.uuid)
    assert (task.role, task.urgent, task.facts) == (Role.COSMETOLOGIST, False, {"sessions": 2})
    assert withdrawals.catch_up(since=EARLIER, at=LATER) == [task]
    with django_capture_on_commit_callbacks(execute=True):
        make_consent(plan, at=LATER)
    assert not Task.objects.open().exists()


def test_a_withdrawal_while_the_session_runs_is_urgent() -> None:
    session = make_ready_session()
    treatment.start(session, at=NOW, by=session.course.plan.practitioner)
    document = ConsentDocument.objects.get()
    withdrawing.withdraw(document, "", at=NOW, by=make_staff(Role.RECEPTION))
    task = withdrawals.flag(document, at=NOW)
    assert task is not None
    assert (task.subject_uuid, task.urgent) == (session.uuid, True)


def test_a_withdrawal_of_what_nothing_is_booked_for_asks_nobody() -> None:
    plan = make_signed_plan()
    document = make_consent(plan, at=NOW)
    withdrawing.withdraw(document, "", at=NOW, by=make_staff(Role.RECEPTION))
    assert withdrawals.flag(document, at=NOW) is None
