"""A consent is taken back at once, and then on one sealed page of its own."""

from collections.abc import Callable
from io import BytesIO
from unittest.mock import patch

import pikepdf
import pytest
from django.db import DatabaseError, transaction

from clinic.record.models import Task
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import export, inspection, keys, tasks, withdrawing
from consent.models import ConsentDocument, Withdrawal
from tests.factories.consent import make_signed
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
SealFast = Callable[..., ConsentDocument]


def taken_back(document: ConsentDocument, reason: str = "Changed my mind") -> Withdrawal:
    desk = make_staff(Role.RECEPTION, full_name="Reception Fictiona")
    withdrawing.withdraw(document, reason, at=NOW, by=desk)
    return Withdrawal.objects.get(document=document)


def test_the_page_is_one_sealed_page_that_says_which_consent_of_whom(seal_fast: SealFast) -> None:
    withdrawal = withdrawing.seal(taken_back(seal_fast()), at=NOW)
    pdf = withdrawing.read(withdrawal, at=NOW, by=make_staff(Role.ADMINISTRATOR))
    seal = inspection.seal_of(pdf, at=NOW)
    assert seal is not None
    assert (seal.whole, seal.ours) == (True, True)
    assert inspection.page_count(pdf) == 1
    layer = inspection.text_of(pdf)
    document = withdrawal.document
    wanted = ("Consent taken back", document.code, "Changed my mind", "Reception Fictiona")
    assert [words for words in wanted if not inspection.holds(layer, words)] == []
    with pikepdf.open(BytesIO(pdf)) as file:
        assert b'pdfuaid:part="1"' in file.Root.Metadata.read_bytes()
    assert document.events.filter(kind="withdrawal-sealed").count() == 1


def test_sealing_twice_makes_one_page_and_it_never_changes() -> None:
    withdrawal = withdrawing.seal(taken_back(make_signed()), at=NOW)
    assert withdrawing.seal(withdrawal, at=NOW).pdf_sha256 == withdrawal.pdf_sha256
    rows = Withdrawal.objects.filter(pk=withdrawal.pk)
    for change in ({"pdf_sha256": "0" * 64}, {"reason": "Another"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_a_worker_killed_in_between_leaves_one_page() -> None:
    withdrawal = taken_back(make_signed())
    killed = patch.object(withdrawing, "_mark", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        withdrawing.seal(withdrawal, at=NOW)
    kept = EncryptedStorage().read(withdrawing.file_name(withdrawal))
    sealed = withdrawing.seal(withdrawal, at=NOW)
    assert EncryptedStorage().read(sealed.file) == kept


def test_the_sweep_seals_what_no_bell_was_heard_for() -> None:
    withdrawal = taken_back(make_signed())
    tasks.seal_countersigned()
    withdrawal.refresh_from_db()
    assert withdrawal.sealed_at is not None


def test_without_a_key_the_withdrawal_holds_and_a_person_is_asked() -> None:
    withdrawal = taken_back(make_signed())
    with patch.object(keys, "key", side_effect=keys.SealNotReady(reason="no key")):
        tasks.seal_withdrawal(withdrawal.pk)
    withdrawal.refresh_from_db()
    assert (withdrawal.sealed_at, withdrawal.document.state) == (None, "withdrawn")
    assert Task.objects.open().get().role == Role.ADMINISTRATOR
    withdrawing.seal(withdrawal, at=NOW)
    assert not Task.objects.open().exists()


def test_signs_that_cannot_be_printed_never_refuse_a_withdrawal() -> None:
    withdrawal = taken_back(make_signed(), "I am afraid 😀")
    sealed = withdrawing.seal(withdrawal, at=NOW)
    assert sealed.reason == "I am afraid 😀"
    layer = inspection.text_of(EncryptedStorage().read(sealed.file))
    assert inspection.holds(layer, "I am afraid ?")


def test_a_damaged_page_is_never_handed_out() -> None:
    withdrawal = withdrawing.seal(taken_back(make_signed()), at=NOW)
    by = make_staff(Role.ADMINISTRATOR)
    damaged = patch.object(EncryptedStorage, "read", return_value=b"%PDF other")
    with damaged, pytest.raises(export.DamagedFile):
        withdrawing.read(withdrawal, at=NOW, by=by)
