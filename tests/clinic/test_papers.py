"""Consents leave as one ZIP: chosen, checked, resumed after a death, and gone after two days."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.portable import exporting, papers, tasks
from clinic.portable.models import ConsentExport
from clinic.portable.papers import Choice
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent.content import digest_of_bytes
from consent.models import ConsentDocument
from tests.factories.consent import make_offered, make_sealed
from tests.factories.procedures import make_completed_session
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_staff(Role.ADMINISTRATOR)


def made(by: User, choice: Choice = Choice()) -> ConsentExport:  # noqa: B008  it never changes
    export = papers.ask(choice, at=NOW, by=by)
    while papers.write_part(at=NOW):
        pass
    export.refresh_from_db()
    return export


def opened(pieces: Iterator[bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def rows(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["manifest.csv"].decode())))


def damage(document: ConsentDocument) -> None:
    storage = EncryptedStorage()
    storage.delete(document.file)
    storage.save_once(document.file, b"%PDF something else")


def test_the_zip_holds_each_file_with_its_hash_and_is_on_the_record(admin: User) -> None:
    documents = [make_sealed(), make_sealed()]
    make_offered()
    export = made(admin)
    assert (export.total, export.done, export.percent) == (2, 2, 100)
    files = opened(papers.fetch(export, at=NOW, by=admin))
    listed = rows(files)
    assert [row["sha256"] for row in listed] == [one.pdf_sha256 for one in documents]
    assert all(digest_of_bytes(files[row["name"]]) == row["sha256"] for row in listed)
    assert len(files) == 4
    acts = [*AuditEntry.objects.filter(action__startswith="consent").order_by("pk")]
    said = [one.action for one in acts if "export" in one.action]
    assert said == [
        "consents.export-asked",
        *["consent.exported"] * 2,
        "consents.export-made",
        "consents.exported",
    ]


def test_each_filter_finds_its_own_as_the_command_does(admin: User, tmp_path: Any) -> None:
    session = make_completed_session(at=NOW)
    other = make_sealed()
    assert session.consent is not None
    assert session.started_by is not None
    own, lot = session.consent, session.injections.first().lot  # type: ignore[union-attr]
    sealed = timezone.localdate(own.sealed_at)
    for choice, found in (
        (Choice(lot=lot.number), {own}),
        (Choice(lot="absent"), set()),
        (Choice(practitioner=session.started_by.email.upper()), {own}),
        (Choice(patient=other.patient.number), {other}),
        (Choice(product="Vitafict"), {other}),
        (Choice(state="withdrawn"), set()),
        (Choice(since=sealed), {own, other}),
        (Choice(until=date(2000, 1, 1)), set()),
        (Choice(), {own, other}),
    ):
        assert set(papers.chosen(choice)) == found, choice
        assert Choice.from_data(choice.as_data()) == choice
    call_command("consent_export", out=tmp_path, lot=lot.number, stdout=io.StringIO())
    command = (tmp_path / "manifest.csv").read_bytes()
    files = opened(papers.fetch(made(admin, Choice(lot=lot.number)), at=NOW, by=admin))
    assert files["manifest.csv"] == command


def test_a_killed_worker_leaves_the_next_one_the_rest(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [make_sealed() for _ in range(3)]
    monkeypatch.setattr(papers, "AT_ONCE", 1)
    export = papers.ask(Choice(), at=NOW, by=admin)
    assert papers.write_part(at=NOW)
    with monkeypatch.context() as dying:
        dying.setattr(ConsentExport, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            papers.write_part(at=NOW)
    export.refresh_from_db()
    assert (export.done, export.papers.count(), export.percent) == (1, 1, 33)
    with pytest.raises(exporting.NotReady):
        papers.fetch(export, at=NOW, by=admin)
    tasks.export_consents()
    export.refresh_from_db()
    listed = rows(opened(papers.fetch(export, at=timezone.now(), by=admin)))
    assert [row["sha256"] for row in listed] == [one.pdf_sha256 for one in documents]
    assert AuditEntry.objects.filter(action="consent.exported").count() == 3


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_damaged_file_is_listed_and_left_out_whenever_it_was_damaged(admin: User) -> None:
    good, before, after = make_sealed(), make_sealed(), make_sealed()
    damage(before)
    export = made(admin)
    damage(after)
    files = opened(papers.fetch(export, at=NOW, by=admin))
    assert [row["problem"] for row in rows(files)] == ["", "damaged-file", "damaged-file"]
    assert [name for name in files if name.endswith(".pdf")] == [rows(files)[0]["name"]]
    assert str(good.uuid) in rows(files)[0]["name"]


def test_after_two_days_the_link_is_dead_and_the_list_gone(admin: User) -> None:
    make_sealed()
    export = made(admin)
    late = NOW + timedelta(hours=49)
    with pytest.raises(exporting.NotReady):
        papers.fetch(export, at=late, by=admin)
    assert papers.remove_outdated(at=late) == 1
    assert export.papers.count() == 0
    assert papers.remove_outdated(at=late) == 0


def test_one_at_a_time_and_nothing_for_who_may_no_longer(admin: User) -> None:
    make_sealed()
    export = papers.ask(Choice(), at=NOW, by=admin)
    with pytest.raises(exporting.UnderWay):
        papers.ask(Choice(), at=NOW, by=admin)
    User.objects.filter(pk=admin.pk).update(roles=[Role.RECEPTION])
    while papers.write_part(at=NOW):
        pass
    export.refresh_from_db()
    assert (export.done, export.papers.count()) == (0, 0)


def test_the_page_asks_shows_how_far_it_is_and_hands_out(admin: User) -> None:
    document, client = make_sealed(), Client()
    url = reverse("portable:consent-export")
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    assert client.get(url).status_code == 403
    client.force_login(admin)
    assert "No export yet." in client.get(url).content.decode()
    assert client.post(url, {"patient": "nobody"}).status_code == 422
    assert client.post(url, {"patient": document.patient.number}).status_code == 302
    assert client.post(url, {}).status_code == 422
    assert "<progress" in client.get(url).content.decode()
    tasks.export_consents()
    export = ConsentExport.objects.get()
    file = reverse("portable:consent-fetch", args=[export.uuid])
    assert file in client.get(url, headers={"HX-Request": "true"}).content.decode()
    answer: Any = client.get(file)
    assert len(rows(opened(answer.streaming_content))) == 1
    client.force_login(make_staff(Role.ADMINISTRATOR))
    assert client.get(file).status_code == 404


def test_more_than_fits_at_once_is_sent_to_the_worker(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sealed()
    monkeypatch.setattr("consent.views.documents.AT_ONCE", 0)
    client = Client()
    client.force_login(admin)
    answer = client.post(reverse("consent:document-export"))
    assert answer.status_code == 422
    assert "in the background" in answer.content.decode()
