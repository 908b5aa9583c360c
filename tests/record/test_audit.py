"""What is on the record stays there, in one chain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from clinic.record import audit, chain
from clinic.record.models import AuditEntry, AuditLink
from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from tests.factories.staff import make_location, make_staff

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def enter(subject: Location, by: User | None, *, number: int = 0) -> AuditEntry:
    """One committed entry."""
    with transaction.atomic():
        return audit.record("location.opened", subject, at=NOW, by=by, number=number)


def settle_deferred() -> None:
    """What a commit would do."""
    connection.check_constraints()


@pytest.mark.django_db
def test_an_entry_copies_who_and_what() -> None:
    place, lead = make_location(), make_staff(Role.CLINICAL_LEAD, full_name="Fictional Lead")
    patient = uuid4()
    token = audit.origin.set("::ffff:192.0.2.7")
    try:
        with transaction.atomic():
            audit.record("location.opened", place, at=NOW, by=lead, patient=patient, rooms=3)
    finally:
        audit.origin.reset(token)
    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor_uuid, entry.actor_name) == (
        "staff.user",
        lead.uuid,
        "Fictional Lead",
    )
    assert (entry.subject_kind, entry.subject_uuid) == ("staff.location", place.uuid)
    assert (entry.patient_uuid, entry.address, entry.facts) == (patient, "192.0.2.7", {"rooms": 3})
    assert entry.digest == audit.digest(entry), "read back, it must spell the same"


@pytest.mark.django_db
def test_the_system_acts_without_a_name() -> None:
    entry = enter(make_location(), None)
    assert (entry.actor_kind, entry.actor_uuid, entry.actor_name) == ("system", None, "")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction() -> None:
    place = make_location()
    with pytest.raises(RuntimeError, match="outside a transaction"):
        audit.record("location.opened", place, at=NOW, by=None)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_each_link_holds_the_one_before() -> None:
    place = make_location()
    entries = [enter(place, None, number=number) for number in range(3)]
    settle_deferred()
    links = list(AuditLink.objects.order_by("position"))
    assert [link.entry_id for link in links] == [entry.pk for entry in entries]
    assert links[0].previous == chain.GENESIS
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:2]]
    assert audit.head() == links[2].hash
    assert audit.verify() == []


@pytest.mark.django_db
def test_an_empty_chain_holds() -> None:
    assert audit.verify() == []
    assert audit.head() == chain.GENESIS


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["record_auditentry", "record_auditlink"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_remove(table: str, act: str) -> None:
    enter(make_location(), None)
    settle_deferred()
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        connection.cursor().execute(act.format(table))


def tamper(statement: str) -> None:
    """As somebody who owns the database would, past every trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "position", "reason"),
    [
        ("UPDATE record_auditentry SET actor_name = 'X' WHERE id = {entry}", 2, "was changed"),
        ("UPDATE record_auditentry SET facts = '{{\"number\": 9}}' WHERE id = {entry}", 2, "was"),
        (
            "UPDATE record_auditentry SET at = at + interval '1 microsecond' WHERE id = {entry}",
            2,
            "was",
        ),
        ("UPDATE record_auditlink SET hash = repeat('f', 64) WHERE entry_id = {entry}", 2, "hash"),
        ("DELETE FROM record_auditlink WHERE entry_id = {entry}", 3, "position 2 is missing"),
        ("DELETE FROM record_auditlink WHERE entry_id = {entry}", None, "outside the chain"),
        ("DELETE FROM record_auditentry WHERE id = {entry}", 3, "position 2 is missing"),
    ],
)
def test_an_edit_past_the_triggers_is_found(
    statement: str, position: int | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = make_location()
    entries = [enter(place, None, number=number) for number in range(4)]
    settle_deferred()
    tamper(statement.format(entry=entries[1].pk))
    assert [
        fault for fault in audit.verify() if fault.position == position and reason in fault.reason
    ]
    with pytest.raises(CommandError, match="faults in a chain of"):
        call_command("audit_verify")
    assert reason in capsys.readouterr().err


@pytest.mark.django_db
def test_a_digest_made_to_fit_still_breaks_the_hash() -> None:
    """Who edits a row and its digest as well must forge every later hash."""
    entry = enter(make_location(), None)
    settle_deferred()
    entry.actor_name = "X"
    forged = audit.digest(entry)
    tamper(
        f"UPDATE record_auditentry SET actor_name = 'X', digest = '{forged}' WHERE id = {entry.pk}"
    )
    assert [fault.reason for fault in audit.verify()] == ["its hash was changed"]


@pytest.mark.django_db
def test_the_command_counts_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    enter(make_location(), None)
    settle_deferred()
    call_command("audit_verify")
    assert "1 entries in the chain" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_parallel_commits_make_one_unbroken_chain() -> None:
    place, threads, each = make_location(), 6, 8
    start = Barrier(threads)

    def write(number: int) -> None:
        try:
            start.wait()
            for turn in range(each):
                enter(place, None, number=number * each + turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(write, range(threads)))
    positions = AuditLink.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, threads * each + 1))
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_link() -> None:
    place = make_location()
    with transaction.atomic():
        audit.record("location.opened", place, at=NOW, by=None)
        transaction.set_rollback(True)
    enter(place, None)
    assert list(AuditLink.objects.values_list("position", flat=True)) == [1]
    assert audit.verify() == []
