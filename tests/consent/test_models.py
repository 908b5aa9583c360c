"""What the database itself refuses: another state, another word under a signature, a deletion."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from clinic.errors import WrongState
from clinic.staff.roles import Role
from consent import evidence
from consent.models import (
    CONSENT_MOVES,
    LIVING,
    UNFINISHED,
    ConsentDocument,
    ConsentState,
    ConsentTemplate,
    SignatureEvent,
)
from tests.factories.consent import make_countersigned, make_offered, make_signed
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

S = ConsentState


def test_the_table_of_states_names_every_state_and_leads_only_to_known_ones() -> None:
    assert set(CONSENT_MOVES) == set(ConsentState)
    assert set().union(*CONSENT_MOVES.values()) <= set(ConsentState)
    assert {state for state, moves in CONSENT_MOVES.items() if not moves} == {
        S.SUPERSEDED,
        S.WITHDRAWN,
    }
    assert (
        set(UNFINISHED)
        < set(LIVING)
        == set(CONSENT_MOVES)
        - {
            S.DECLINED,
            S.SUPERSEDED,
            S.WITHDRAWN,
        }
    )


@pytest.mark.parametrize("state", list(ConsentState))
def test_a_document_moves_only_along_the_table(state: ConsentState) -> None:
    for target in ConsentState:
        document = ConsentDocument(state=state)
        if target in CONSENT_MOVES[state]:
            document.move_to(target)
            assert document.state == target
        else:
            with pytest.raises(WrongState):
                document.move_to(target)


def refused(document: ConsentDocument, **changes: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentDocument.objects.filter(pk=document.pk).update(**changes)


@pytest.mark.django_db
def test_what_was_offered_keeps_its_words() -> None:
    document = make_offered()
    refused(document, content={})
    refused(document, content_sha256="0" * 64)
    refused(document, terms_sha256="0" * 64)
    refused(document, language="uk")
    refused(document, subject="plan:other")
    refused(document, patient=make_patient())


@pytest.mark.django_db
def test_what_was_signed_never_changes() -> None:
    document = make_signed()
    refused(document, signature={"kind": "typed", "name": "Somebody"})
    refused(document, signer_name="Somebody Else")
    refused(document, photo_use={})
    refused(document, signed_at=NOW + timedelta(days=1))
    with pytest.raises(DatabaseError), transaction.atomic():
        document.delete()


@pytest.mark.django_db
def test_what_was_sealed_never_changes(seal_fast: Any) -> None:
    document = seal_fast()
    refused(document, pdf_sha256="0" * 64)
    refused(document, file="consents/other")
    refused(document, sealed_at=NOW + timedelta(days=1))
    refused(document, countersigned_by=make_staff(Role.COSMETOLOGIST))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"state": "invented"},
        {"state": "sealed"},
        {"state": "countersigned"},
        {"state": "signed"},
        {"signed_at": NOW},
        {"signer_name": "Only a name"},
        {"sealed_at": NOW, "file": "x"},
        {"valid_until": NOW},
    ],
)
def test_an_offered_document_does_not_jump(changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentDocument.objects.filter(pk=make_offered().pk).update(**changes)


@pytest.mark.django_db
def test_one_subject_has_one_living_document() -> None:
    first = make_offered()
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentDocument.objects.create(
            patient=first.patient,
            subject=first.subject,
            template=first.template,
            language="en",
            content={},
            content_sha256="",
            terms_sha256="",
            created_at=NOW,
            created_by=first.created_by,
        )


@pytest.mark.django_db
def test_evidence_and_wording_are_append_only_and_the_chain_shows_a_forged_link() -> None:
    document = make_signed()
    assert evidence.breaks(document) == []
    for rows in (SignatureEvent.objects.all(), ConsentTemplate.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        document.events.update(device="another")
    last = document.events.order_by("-number")[0]
    SignatureEvent.objects.create(
        document=document,
        number=last.number + 1,
        kind="signed",
        at=NOW,
        actor_kind="system",
        document_sha256="",
        previous=last.hash,
        hash="0" * 64,
    )
    assert evidence.breaks(document) == [last.number + 1]


@pytest.mark.django_db
def test_in_force_means_sealed_and_inside_its_validity(seal_fast: Any) -> None:
    document = seal_fast()
    in_force = ConsentDocument.objects.in_force
    assert in_force(at=NOW).naming(document.terms_sha256).get() == document
    assert not in_force(at=NOW).naming("0" * 64).exists()
    assert not in_force(at=document.valid_until).exists()
    assert not in_force(at=NOW - timedelta(seconds=1)).exists()


@pytest.mark.django_db
def test_each_sees_the_documents_of_the_patients_they_may_see() -> None:
    document = make_countersigned()
    for role in Role:
        assert ConsentDocument.objects.visible_to(make_staff(role)).get() == document
    gone = make_staff(Role.RECEPTION, is_active=False)
    assert not ConsentDocument.objects.visible_to(gone).exists()
