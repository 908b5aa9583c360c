"""The catalogues of translations: what is behind, empty or guessed is found; nothing is written."""

from pathlib import Path

import pytest

from clinic.management import catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two messages in the code, collected and translated."""
    (tmp_path / "patients").mkdir()
    (tmp_path / "patients" / "views.py").write_text('_("Room")\n_("Two\\nlines")\n')
    for language, text in catalogues.collected(tmp_path).items():
        file = catalogues.place(tmp_path, language)
        file.parent.mkdir(parents=True)
        translated = text.replace('"Room"\nmsgstr ""', '"Room"\nmsgstr "Кабинет"').replace(
            '"lines"\nmsgstr ""', '"lines"\nmsgstr ""\n"Две\\n"\n"строки"'
        )
        file.write_text(translated)
    return tmp_path


def test_whole_catalogues_have_no_fault(project: Path) -> None:
    assert catalogues.faults(project) == []


def test_a_message_that_is_not_collected_is_a_fault(project: Path) -> None:
    with (project / "patients" / "views.py").open("a") as code:
        code.write('_("Corridor")\n')
    assert catalogues.faults(project) == [
        "ru: the catalogue is behind the code: make fix",
        "uk: the catalogue is behind the code: make fix",
    ]


def test_a_message_that_left_the_code_is_a_fault(project: Path) -> None:
    (project / "patients" / "views.py").write_text('_("Room")\n')
    assert len(catalogues.faults(project)) == 2


@pytest.mark.parametrize("text", ["Room", "Two\\nlines"])
def test_an_empty_translation_is_a_fault(project: Path, text: str) -> None:
    file = catalogues.place(project, "uk")
    before = file.read_text()
    file.write_text(
        before.replace('msgstr "Кабинет"', 'msgstr ""')
        if text == "Room"
        else before.replace('msgstr ""\n"Две\\n"\n"строки"', 'msgstr ""')
    )
    assert catalogues.faults(project) == [f"uk: not translated: {text}"]


def test_a_guessed_translation_is_a_fault(project: Path) -> None:
    file = catalogues.place(project, "ru")
    file.write_text(file.read_text().replace('msgid "Room"', '#, fuzzy\nmsgid "Room"'))
    assert "ru: not translated: Room" in catalogues.faults(project)


def test_the_moment_of_collecting_is_no_difference() -> None:
    one = HEADER + '"POT-Creation-Date: 2026-01-01 10:00+0000\\n"\n'
    assert catalogues.same(one, one.replace("2026", "2027"))
    assert not catalogues.same(one, one + 'msgid "Room"\n')


def test_a_missing_catalogue_is_a_fault(project: Path) -> None:
    catalogues.place(project, "ru").unlink()
    assert catalogues.faults(project) == ["ru: the catalogue is behind the code: make fix"]


def test_comparing_writes_nothing(project: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in project.rglob("*")}
    catalogues.faults(project)
    assert {file: file.stat().st_mtime_ns for file in project.rglob("*")} == before
