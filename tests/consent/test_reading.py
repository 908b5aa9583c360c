"""While a patient reads: answers are kept and never a wall, questions become tasks."""

import pytest
from django.db import DatabaseError, transaction

from clinic.messaging.models import PatientLink
from clinic.record.models import Task
from clinic.staff.roles import Role
from consent import evidence, reading, refusals, signing
from consent.comprehension import questions_of
from consent.evidence import NOTHING
from consent.models import ConsentDocument, PatientQuestion
from consent.text import text_of
from tests.factories.consent import make_offered, make_signature, make_signed
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


def opened(document: ConsentDocument) -> PatientLink:
    return signing.open_on_tablet(document, at=NOW, by=document.created_by)


def ask(document: ConsentDocument, words: str = "Will it hurt?") -> PatientQuestion:
    return reading.ask(document, words, NOTHING, at=NOW, by=opened(document))


def test_right_and_wrong_answers_are_part_of_the_evidence() -> None:
    document = make_offered()
    link, questions = opened(document), questions_of(text_of(document))
    wrong = (questions[0].right + 1) % len(questions[0].options)
    chosen = {questions[0].key: wrong, questions[1].key: questions[1].right}
    reading.check_answered(document, chosen, at=NOW, by=link)
    reading.check_answered(document, chosen, at=NOW, by=link)
    reading.check_answered(document, {questions[0].key: questions[0].right}, at=NOW, by=link)
    facts = [e.facts for e in document.events.filter(kind="check-answered").order_by("number")]
    assert [(one["question"], one["right"]) for one in facts] == [
        (questions[0].key, False),
        (questions[1].key, True),
        (questions[0].key, True),
    ]
    assert reading.last_answers(document)[questions[0].key] == questions[0].right
    assert evidence.breaks(document) == []


def test_what_is_no_answer_is_not_kept() -> None:
    document = make_offered()
    chosen = {"sessions": 99, "drugs": -1, "invented": 0}
    reading.check_answered(document, chosen, at=NOW, by=opened(document))
    assert not document.events.filter(kind="check-answered").exists()


def test_nobody_fills_the_record_by_answering_for_ever() -> None:
    document = make_offered()
    link = opened(document)
    for turn in range(reading.MOST_ANSWERS + 5):
        reading.check_answered(document, {"sessions": turn % 2}, at=NOW, by=link)
    assert document.events.filter(kind="check-answered").count() == reading.MOST_ANSWERS


def test_wrong_answers_keep_nobody_from_signing() -> None:
    document = make_offered()
    link, question = opened(document), questions_of(text_of(document))[0]
    wrong = (question.right + 1) % len(question.options)
    reading.check_answered(document, {question.key: wrong}, at=NOW, by=link)
    signing.sign(
        document, make_signature(), content_sha256=document.content_sha256, at=NOW, by=link
    )
    document.refresh_from_db()
    assert document.state == "signed"


def test_a_question_is_a_task_until_it_is_answered() -> None:
    document = make_offered()
    question = ask(document)
    task = Task.objects.open().get()
    assert (task.role, task.subject_uuid, task.facts) == (
        Role.COSMETOLOGIST,
        document.uuid,
        {"code": "question"},
    )
    by = make_staff(Role.COSMETOLOGIST)
    reading.answer(question, " A little, for a moment. ", at=NOW, by=by)
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("A little, for a moment.", by)
    assert not Task.objects.open().exists()
    with pytest.raises(refusals.AlreadyAnswered):
        reading.answer(question, "Again", at=NOW, by=by)
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientQuestion.objects.filter(pk=question.pk).update(answer="Another")


def test_an_open_question_is_answered_before_the_countersignature() -> None:
    document = make_offered()
    link, question = opened(document), ask(document)
    signing.sign(
        document, make_signature(), content_sha256=document.content_sha256, at=NOW, by=link
    )
    by = make_staff(Role.COSMETOLOGIST)
    with pytest.raises(refusals.QuestionsOpen):
        signing.countersign(document, at=NOW, by=by)
    reading.answer(question, "Talked over in the room", at=NOW, by=by)
    assert signing.countersign(document, at=NOW, by=by).state == "countersigned"


def test_questions_are_words_that_can_be_printed_and_not_without_end() -> None:
    document = make_offered()
    with pytest.raises(refusals.NoQuestion):
        ask(document, "   ")
    with pytest.raises(refusals.NoGlyphs):
        ask(document, "Hurts? 😀")
    for _turn in range(reading.MOST_QUESTIONS):
        question = ask(document)
    with pytest.raises(refusals.TooManyQuestions):
        ask(document)
    with pytest.raises(refusals.NoAnswer):
        reading.answer(question, " ", at=NOW, by=make_staff(Role.COSMETOLOGIST))
    signed = make_signed()
    with pytest.raises(refusals.NoQuestion):
        reading.ask(signed, "Late", NOTHING, at=NOW, by=signed.patient.recipient.links.get())
