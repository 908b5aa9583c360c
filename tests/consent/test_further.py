"""Others who sign beside the patient: only who is asked, each once, nobody twice."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from clinic.staff.roles import Role
from consent import evidence, further, inspection, refusals, rendering, signing
from consent.further import FurtherMark
from consent.models import ConsentDocument, FurtherSignature, SignerRole
from tests.factories.consent import make_ink, make_offered, make_signature, make_signed
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
ASKED = ["guardian", "interpreter"]
LATER = NOW + timedelta(hours=1)


def waiting(*roles: str) -> ConsentDocument:
    return make_signed(asking={"signers": tuple(roles or ASKED)})


def sign(document: ConsentDocument, role: str, **changes: object) -> FurtherSignature:
    facts = {"signer_name": f"Helper {role}", "ink": make_ink(), "relation": "mother"} | changes
    mark = FurtherMark(role=SignerRole(role), **facts)  # type: ignore[arg-type]
    by = make_staff(Role.RECEPTION)
    return further.sign(document, mark, content_sha256=document.content_sha256, at=NOW, by=by)


def test_the_countersignature_waits_for_whoever_is_asked() -> None:
    document, by = waiting(), make_staff(Role.COSMETOLOGIST)
    assert document.open_signers == ASKED
    sign(document, "guardian")
    assert document.open_signers == ["interpreter"]
    with pytest.raises(refusals.SignersMissing) as refusal:
        signing.countersign(document, at=LATER, by=by)
    assert "Interpreter" in str(refusal.value)
    sign(document, "interpreter", ink=None, typed=True)
    signing.countersign(document, at=LATER, by=by)
    kinds = list(document.events.values_list("kind", flat=True))
    assert kinds.count("further-signed") == 2
    assert evidence.breaks(document) == []


def test_the_same_signature_sent_again_is_one() -> None:
    document = waiting("witness")
    assert sign(document, "witness") == sign(document, "witness")
    with pytest.raises(refusals.NotAsked):
        sign(document, "witness", ink=None, typed=True)


def test_nobody_signs_unasked_or_before_the_patient() -> None:
    with pytest.raises(refusals.NotAsked):
        sign(make_signed(), "witness")
    with pytest.raises(refusals.NotAsked):
        sign(make_offered(asking={"signers": ("witness",)}), "witness")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"signer_name": "testova  FICTIONA"}, refusals.SameSigner),
        ({"signer_name": " "}, refusals.NoName),
        ({"ink": None}, refusals.NotSigned),
        ({"signer_name": "Ann 😀"}, refusals.NoGlyphs),
        ({"relation": "mother 😀"}, refusals.NoGlyphs),
    ],
)
def test_a_further_signature_is_as_strict_as_the_patients(
    changes: dict[str, object], error: type[Exception]
) -> None:
    document = waiting("guardian")
    with pytest.raises(error):
        sign(document, "guardian", **changes)
    assert document.open_signers == ["guardian"]


def test_the_tablet_opens_again_for_them_and_for_nobody_else() -> None:
    document, by = waiting("witness"), make_staff(Role.RECEPTION)
    assert signing.open_on_tablet(document, at=NOW, by=by).subject == document.cause
    sign(document, "witness")
    with pytest.raises(refusals.AlreadySigned):
        signing.open_on_tablet(document, at=NOW, by=by)


def test_they_stand_in_the_file_with_what_they_said() -> None:
    document = waiting()
    sign(document, "guardian")
    sign(document, "interpreter", ink=None, typed=True, relation="speaks Polish")
    signing.countersign(document, at=LATER, by=make_staff(Role.COSMETOLOGIST))
    document.refresh_from_db()
    layer = inspection.text_of(rendering.render(document))
    for words in ("Helper guardian, mother", "speaks Polish", "I may decide for the patient"):
        assert inspection.holds(layer, words), words


def test_what_they_signed_never_changes() -> None:
    document = waiting("witness")
    signed = sign(document, "witness")
    rows = FurtherSignature.objects.filter(pk=signed.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(name="Another")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()
    sealed_to = ConsentDocument.objects.filter(pk=document.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        sealed_to.update(asked_signers=[])


def test_the_patient_alone_signs_where_nothing_was_set() -> None:
    document = make_offered()
    signing.sign(
        document,
        make_signature(),
        content_sha256=document.content_sha256,
        at=NOW,
        by=make_staff(Role.RECEPTION),
    )
    assert document.asked_signers == []
    assert signing.countersign(document, at=LATER, by=make_staff(Role.COSMETOLOGIST)).pk
