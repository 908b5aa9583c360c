"""From the offer to the countersignature: what is refused, what follows, what is on the record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from clinic.errors import ClinicError, WrongState
from clinic.messaging.models import Message, MessageState, PatientLink
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from consent import evidence, keys, reading, refusals, signing, withdrawing
from consent.evidence import Evidence
from consent.models import ConsentDocument, ConsentState, SignatureEventKind
from consent.signals import consent_withdrawn
from tests.factories.consent import (
    NO_PHOTOS,
    make_content,
    make_countersigned,
    make_ink,
    make_offered,
    make_signature,
    make_signed,
    with_name,
)
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

S = ConsentState
LATER = NOW + timedelta(minutes=5)


def tablet(document: ConsentDocument) -> PatientLink:
    return signing.open_on_tablet(document, at=NOW, by=document.created_by)


def sign(document: ConsentDocument, link: PatientLink, **changes: Any) -> ConsentDocument:
    return signing.sign(
        document,
        make_signature(**changes),
        content_sha256=document.content_sha256,
        evidence=Evidence("203.0.113.7", "Test Browser"),
        at=LATER,
        by=link,
    )


def kinds(document: ConsentDocument) -> list[str]:
    return list(document.events.order_by("number").values_list("kind", flat=True))


def actions(document: ConsentDocument) -> list[str]:
    rows = AuditEntry.objects.filter(subject_uuid=document.uuid).order_by("pk")
    return list(rows.values_list("action", flat=True))


@pytest.mark.django_db
def test_a_patient_reads_and_signs_and_every_step_is_evidence() -> None:
    document = make_offered()
    link = tablet(document)
    reading.opened(document, Evidence("203.0.113.7", "Test Browser"), at=NOW, by=link)
    for section in ("about", "drugs", "drugs", "invented"):
        reading.section_reached(document, section, at=NOW, by=link)
    signed = sign(document, link)
    assert signed.state == S.SIGNED
    assert signed.photo_use == {"record": True, "teaching": False, "marketing": False}
    steps = ["created", "sent", "opened", "section-reached", "section-reached", "signed"]
    assert kinds(signed) == steps
    assert evidence.breaks(signed) == []
    last = signed.events.get(kind=SignatureEventKind.SIGNED)
    assert (last.address, last.device) == ("203.0.113.7", "Test Browser")
    assert last.document_sha256 == signed.content_sha256
    assert actions(signed)[-1] == "consent.signed"
    assert "Testova" not in str(AuditEntry.objects.values_list("facts", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ink": None}, refusals.NotSigned),
        ({"ink": replace(make_ink(), strokes=())}, refusals.NotSigned),
        ({"ink": replace(make_ink(), strokes=(make_ink().strokes[0][:1],))}, refusals.NotSigned),
        ({"photo_use": {"record": True}}, refusals.PhotosOpen),
        ({"photo_use": {}}, refusals.PhotosOpen),
        ({"photo_use": NO_PHOTOS | {"invented": True}}, refusals.PhotosOpen),
        ({"signer_name": " . "}, refusals.NoName),
        ({"signer_name": "", "typed": True}, refusals.NoName),
        ({"signer_name": "Ann 😀 Testova"}, refusals.NoGlyphs),
    ],
)
def test_a_signature_that_is_none_is_refused(
    changes: dict[str, Any], error: type[ClinicError]
) -> None:
    document = make_offered()
    with pytest.raises(error):
        sign(document, tablet(document), **changes)
    document.refresh_from_db()
    assert (document.state, document.signature) == (S.OFFERED, None)


@pytest.mark.django_db
def test_a_typed_name_signs_where_somebody_cannot_draw() -> None:
    document = make_offered()
    signed = sign(document, tablet(document), ink=None, typed=True)
    assert signed.signature == {"kind": "typed", "name": "Testova Fictiona"}


@pytest.mark.django_db
def test_another_text_than_the_one_read_is_not_signed() -> None:
    document = make_offered()
    with pytest.raises(refusals.TextChanged):
        signing.sign(
            document, make_signature(), content_sha256="0" * 64, at=LATER, by=tablet(document)
        )


@pytest.mark.django_db
def test_the_same_signature_again_changes_nothing_and_another_one_is_refused() -> None:
    document = make_offered()
    link = tablet(document)
    first = sign(document, link)
    assert sign(document, link) == first
    assert kinds(first).count("signed") == 1
    with pytest.raises(refusals.AlreadySigned):
        sign(document, link, ink=None, typed=True)


@pytest.mark.django_db(transaction=True)
def test_fifty_taps_at_once_are_one_signature() -> None:
    document = make_offered()
    link = tablet(document)

    def tap(_number: int) -> str:
        try:
            return str(sign(document, link).state)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=10) as pool:
        states = list(pool.map(tap, range(50)))
    assert states == ["signed"] * 50
    assert kinds(document).count("signed") == 1
    assert actions(document).count("consent.signed") == 1
    assert evidence.breaks(document) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "characters"),
    [("Ann 😀", "😀"), ("李 Ann", "李"), ("\u202enнA", "right-to-left override")],
)
def test_a_name_that_cannot_be_printed_is_refused_before_anybody_signs(
    name: str, characters: str
) -> None:
    patient = make_patient()
    with pytest.raises(refusals.NoGlyphs) as refusal:
        make_offered(patient, content=with_name(make_content(patient), name))
    assert characters in str(refusal.value)
    assert not ConsentDocument.objects.exists()


@pytest.mark.django_db
def test_no_signing_starts_without_a_seal_that_works(settings: Any) -> None:
    patient = make_patient()
    keys.ensure_key(at=NOW)
    settings.SEAL_PASSWORD = "not the password"
    with pytest.raises(keys.SealNotReady):
        make_offered(patient)


@pytest.mark.django_db
def test_a_new_offer_for_the_same_plan_supersedes_the_old_one() -> None:
    patient = make_patient()
    first = make_offered(patient, subject="plan:1")
    second = make_offered(patient, subject="plan:1", goal="Another goal")
    first.refresh_from_db()
    assert (first.state, second.supersedes) == (S.SUPERSEDED, first)
    third = make_offered(patient, subject="plan:2", asking={"replaces": second}, at=LATER)
    second.refresh_from_db()
    assert (second.state, third.supersedes, third.state) == (S.SUPERSEDED, second, S.OFFERED)


@pytest.mark.django_db
def test_after_a_no_something_else_can_be_offered() -> None:
    patient = make_patient()
    first = make_offered(patient, subject="plan:1")
    with pytest.raises(refusals.NoReason):
        signing.decline(first, "  ", at=NOW, by=tablet(first))
    declined = signing.decline(first, "Too many sessions", at=NOW, by=tablet(first))
    assert (declined.state, declined.declined_reason) == (S.DECLINED, "Too many sessions")
    assert make_offered(patient, subject="plan:1").supersedes == first


@pytest.mark.django_db
def test_each_sending_is_one_message_and_signing_settles_what_is_unsent() -> None:
    document = make_offered()
    for minutes in (0, 1):
        signing.send_link(document, at=NOW + timedelta(minutes=minutes), by=document.created_by)
    messages = Message.objects.filter(subject=document.cause, message="consent-link")
    assert sorted(messages.values_list("occasion", flat=True)) == [0, 1]
    assert PatientLink.objects.alive(at=LATER).filter(subject=document.cause).count() == 2
    sign(document, tablet(document))
    assert set(messages.values_list("state", flat=True)) == {MessageState.CANCELLED}
    with pytest.raises(refusals.AlreadySigned):
        signing.send_link(document, at=LATER, by=document.created_by)


@pytest.mark.django_db
def test_nobody_is_written_to_who_did_not_allow_it() -> None:
    document = make_offered(make_patient(email_allowed=False))
    with pytest.raises(refusals.NoChannel):
        signing.send_link(document, at=NOW, by=document.created_by)


@pytest.mark.django_db
def test_only_who_treats_countersigns_and_only_what_is_signed() -> None:
    document = make_signed()
    with pytest.raises(refusals.MayNotCountersign):
        signing.countersign(document, at=LATER, by=make_staff(Role.RECEPTION))
    doctor = make_staff(Role.CLINICAL_LEAD)
    done = signing.countersign(document, at=NOW + timedelta(hours=1), by=doctor)
    assert (done.state, done.countersigned_by) == (S.COUNTERSIGNED, doctor)
    with pytest.raises(WrongState):
        signing.countersign(document, at=NOW + timedelta(hours=2), by=doctor)


@pytest.mark.django_db
def test_the_worker_is_rung_after_the_countersignature(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, args, **_: rung.append((name, args))
    )
    with django_capture_on_commit_callbacks(execute=True):
        document = make_countersigned()
    assert rung == [("consent.tasks.seal", [document.pk])]


@pytest.mark.django_db
def test_a_consent_taken_back_is_over_at_once_and_others_hear_of_it(
    django_capture_on_commit_callbacks: Any, seal_fast: Any
) -> None:
    heard: list[int] = []

    def listen(sender: object, *, document_id: int, **_: object) -> None:
        heard.append(document_id)

    document = seal_fast()
    consent_withdrawn.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            withdrawing.withdraw(
                document, "Changed my mind", at=LATER, by=make_staff(Role.RECEPTION)
            )
    finally:
        consent_withdrawn.disconnect(listen)
    assert heard == [document.pk]
    assert document.withdrawal.reason == "Changed my mind"
    assert not ConsentDocument.objects.in_force(at=LATER).exists()
    with pytest.raises(WrongState):
        withdrawing.withdraw(document, "", at=LATER, by=make_staff(Role.RECEPTION))
    again = make_offered(document.patient, subject=document.subject)
    document.refresh_from_db()
    assert (again.supersedes, document.state) == (document, S.WITHDRAWN)
