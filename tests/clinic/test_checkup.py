"""Doctor asks real servers and a real machine, and names the cure."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pytest_django import Settings

from clinic import servers
from clinic.management import checkup


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Postgres]:
    folder = tmp_path_factory.mktemp("services")
    with servers.running(folder, needed=["DATABASE_URL"], durable=False):
        yield servers.Postgres(folder / "postgres")


def database_with(postgres: servers.Postgres, name: str, ctype: str, *extensions: str) -> str:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 LC_CTYPE {} LC_COLLATE 'C'")
        connection.execute(statement.format(sql.Identifier(name), sql.Literal(ctype)))
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        for extension in extensions:
            connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
    return postgres.url(name)


def test_the_embedded_database_is_well(postgres: servers.Postgres) -> None:
    assert checkup.database(postgres.url()) == checkup.Finding("PostgreSQL 18 finds Cyrillic names")


def test_a_database_that_finds_no_cyrillic_name_is_ill(postgres: servers.Postgres) -> None:
    url = database_with(postgres, "deaf", "C", *servers.EXTENSIONS)
    finding = checkup.database(url)
    assert finding.text == "PostgreSQL finds no Cyrillic name"
    assert "template0 with LC_CTYPE 'C.UTF-8'" in finding.cure


def test_a_missing_extension_is_named(postgres: servers.Postgres) -> None:
    url = database_with(postgres, "plain", "C.UTF-8", "btree_gist", "pg_trgm")
    finding = checkup.database(url)
    assert finding.text == "PostgreSQL lacks unaccent"
    assert 'CREATE EXTENSION "unaccent"' in finding.cure


def test_a_server_that_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/clinic")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    cures = [finding.cure for finding in checkup.services()]
    assert cures == ["start PostgreSQL or mend DATABASE_URL", "start Redis or mend REDIS_URL"]


def test_embedded_servers_that_cannot_start_are_a_finding(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "file").touch()
    settings.VAR = tmp_path / "file"
    [finding] = checkup.services()
    assert finding.text == "An embedded server does not start"
    assert "Give yourself the folder" in finding.cure


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert [finding.cure for finding in checkup.programs()] == [
        "apt-get install gettext",
        "apt-get install poppler-utils",
        "apt-get install qpdf",
        "apt-get install chromium",
    ]


def test_documents_can_be_made_here() -> None:
    assert checkup.documents() == checkup.Finding("WeasyPrint makes documents")


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "raise OSError(\"cannot load library 'libpango-1.0-0'\")"
    monkeypatch.setattr(checkup, "RENDER", broken)
    finding = checkup.documents()
    assert "cannot load library 'libpango-1.0-0'" in finding.text
    assert finding.cure == checkup.LIBRARIES


def test_what_setup_has_not_made_yet_is_named(tmp_path: Path, settings: Settings) -> None:
    catalogue = tmp_path / "locale" / "uk" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.touch()
    settings.ROOT = tmp_path
    finding = checkup.front_end()
    assert "static/vendor/icons.svg, locale/uk/LC_MESSAGES/django.mo" in finding.text
    assert finding.cure == "make setup"


def test_keys_that_do_not_open_the_files_are_a_finding(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert checkup.files().cure == ""
    settings.FILE_KEYS = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMDE="]
    assert "do not open the files" in checkup.files().text
