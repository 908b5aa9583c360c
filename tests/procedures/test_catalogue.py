"""From the knowledge to rules: nothing is lost, everything has words, sources and a limit."""

import pytest

from clinic.knowledge.entries import AskedBy, Trigger
from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.catalogue.person import EVERYBODY, JUDGED_BY_PRODUCT
from procedures.catalogue.products import JUDGED_ELSEWHERE
from procedures.catalogue.reading import Spoken, statements
from procedures.domain.facts import Answer, Facts, PlannedDrug, Reply, Topic
from procedures.domain.outcomes import Outcome
from procedures.domain.rules import Asked
from procedures.domain.screening import screen
from tests.factories.staff import NOW

ON = NOW.date()
BOOK = catalogue.rulebook({})
IDS = {rule.card.rule for rule in BOOK.rules}
ASKED = [
    (entry.id, reply, trigger)
    for entry in load().contraindications.values()
    if entry.asked_by is not AskedBy.COMPUTED and entry.id not in EVERYBODY | JUDGED_BY_PRODUCT
    for reply, trigger in entry.trigger.by_answer.items()
]


def test_every_contraindication_is_a_rule() -> None:
    assert set(load().contraindications) - EVERYBODY <= IDS


def test_every_medicine_that_asks_for_something_is_a_rule() -> None:
    assert {m.id for m in load().medicines.values() if m.outcome is not Trigger.PASS} <= IDS


def test_every_incompatibility_is_a_rule_or_judged_by_one_that_is_named() -> None:
    assert set(load().incompatibilities) <= IDS | set(JUDGED_ELSEWHERE)
    named = {where for where in JUDGED_ELSEWHERE.values() if where.startswith("CI-")}
    assert named <= IDS


@pytest.mark.parametrize(("code", "reply", "trigger"), ASKED)
def test_every_answer_leads_where_the_knowledge_says(
    code: str, reply: str, trigger: Trigger
) -> None:
    facts = Facts(on=ON, answers={code: Answer(reply=Reply(reply))})

    found = [one.outcome.value for one in screen(facts, BOOK).findings]

    assert found == ([] if trigger is Trigger.PASS else [trigger.value])


def test_unsure_never_passes() -> None:
    for entry in load().contraindications.values():
        if entry.asked_by is not AskedBy.COMPUTED and entry.id not in EVERYBODY:
            if "assessed" in entry.trigger.by_answer:
                continue
            facts = Facts(on=ON, answers={entry.id: Answer(reply=Reply.UNSURE)})
            assert screen(facts, BOOK).findings, entry.id


def test_every_card_has_words_in_three_languages_and_a_source() -> None:
    for rule in BOOK.rules:
        card = rule.card
        for text in (card.label, card.lifts_when):
            assert all((text.en, text.ru, text.uk)), card.rule
        assert card.sources or card.rule.startswith(("not-asked:", "unresolved:")), card.rule
        assert card.basis or card.rule.startswith(("not-asked:", "unresolved:", "setting:"))


def test_sensitive_rules_stay_with_the_doctors() -> None:
    sensitive = {rule.card.rule for rule in BOOK.rules if rule.card.sensitive}

    assert {"CI-HIV", "CI-ONCOLOGY", "CI-MENTAL-NEURO", "MI-CHEMO"} <= sensitive
    assert "CI-HEART" not in sensitive


def test_the_version_changes_with_what_the_clinic_sets() -> None:
    one = catalogue.version({"interval_after_laser": 14})

    assert one == catalogue.rulebook({"interval_after_laser": 14}).version
    assert one != catalogue.version({"interval_after_laser": 21}) != catalogue.version({})
    assert catalogue.version({}) == catalogue.version({"interval_after_laser": None})
    assert len(one) <= 64


def test_a_rulebook_is_made_once() -> None:
    assert catalogue.rulebook({"inr_limit": "3"}) is catalogue.rulebook({"inr_limit": "3"})


def test_hyaluronic_acid_asks_how_dry_the_skin_is() -> None:
    drug = PlannedDrug(name="HA", ingredients=frozenset({"ING-HA"}))
    facts = Facts(on=ON, drugs=(drug,), required=frozenset({"CI-HA-DEHYDRATION"}))

    (finding,) = screen(facts, BOOK).findings

    assert (finding.rule, finding.outcome) == ("CI-HA-DEHYDRATION", Outcome.HOLD_FOR_DOCTOR)


def test_a_medicine_speaks_for_itself() -> None:
    said, understood = statements(Spoken(text="пентоксифиллин", topic=Topic.MEDICATIONS))

    assert understood
    assert not {"CI-HEART", "CI-HYPERTENSION"} & {rule for one in said for rule in one.rules}


def test_a_medicine_in_the_list_of_allergies_is_an_allergy() -> None:
    taken, _ = statements(Spoken(text="aspirin", topic=Topic.MEDICATIONS))
    reacted, _ = statements(Spoken(text="aspirin", topic=Topic.ALLERGIES))

    assert {one.topic for one in taken} == {Topic.MEDICATIONS}
    assert {one.topic for one in reacted} == {Topic.ALLERGIES}


def test_an_illness_in_the_list_of_allergies_is_an_illness() -> None:
    said, _ = statements(Spoken(text="diabetes", topic=Topic.ALLERGIES))

    assert {one.topic for one in said} == {Topic.CONDITIONS}


def test_a_denied_illness_is_understood_and_says_nothing() -> None:
    assert statements(Spoken(text="no diabetes", topic=Topic.CONDITIONS)) == ((), True)
    assert statements(Spoken(text="qwertosis", topic=Topic.CONDITIONS)) == ((), False)


def test_a_procedure_is_called_as_the_settings_call_it() -> None:
    assert catalogue.procedure_kinds("laser on the cheeks") == ("laser",)
    assert catalogue.procedure_kinds("массаж") == ("other_procedure",)
    assert set(catalogue.procedure_kinds("botox and fillers")) == {"botulinum", "filler"}


def test_only_what_is_offered_can_be_planned() -> None:
    assert "ID-RINGWORM" not in {one.id for one in catalogue.indications()}
    assert "ID-ACNE" in {one.id for one in catalogue.indications()}
    assert {"TE-NEEDLE", "TE-MESOSCOOTER"}.isdisjoint(one.id for one in catalogue.techniques())
    assert "TE-PAPULE" in {one.id for one in catalogue.techniques()}
    assert "CP-HAIR-ROLLER" not in {one.id for one in catalogue.protocols()}


def test_an_indication_finds_its_protocols() -> None:
    acne = [one.id for one in catalogue.protocols_for("ID-ACNE")]

    assert acne[0] == "CP-ACNE"
    assert "CP-ACNE-SEVERE" in acne
    first = catalogue.protocol_for("ID-SCARS")
    assert first is not None
    assert first.id == "CP-POSTACNE-SCAR"
    assert catalogue.protocol_for("ID-STRETCH") is None


def test_signs_for_a_check_in_have_rules() -> None:
    assert {one.id for one in catalogue.signs()} <= set(catalogue.sign_rules())
    assert "SE-WEAK-EFFECT" not in {one.id for one in catalogue.signs()}


def test_what_has_no_answer_of_its_own_is_a_rule_that_asks() -> None:
    asked = [rule for rule in BOOK.rules if isinstance(rule, Asked) and rule.absent]

    assert [rule.card.rule for rule in asked] == ["CI-HA-DEHYDRATION"]
    assert BOOK.answer_themselves == {"CI-HA-DEHYDRATION"}
