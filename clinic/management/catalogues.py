"""The translations of the pages: collected from the code, complete, without a doubtful entry."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LANGUAGES = ("ru", "uk")
SOURCES = ("clinic", "patients", "consent", "procedures", "aftercare", "templates")
SUFFIXES = {".py", ".html", ".txt"}
COLLECT = [sys.executable, "-m", "django", "makemessages", "-v", "0"]
COLLECT += ["--no-location", "--no-obsolete", "--no-wrap"]
BOILERPLATE = re.compile(r'\A(?:#.*\n)+(?=msgid "")')  # its "fuzzy" would disarm the plural forms
MESSAGE = re.compile(r'^msgid ((?:"[^\n]*"\n)+)', re.MULTILINE)
MADE_ON = re.compile(r'^"POT-Creation-Date: .*$\n', re.MULTILINE)


def place(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def collected(root: Path) -> dict[str, str]:
    """What each catalogue would hold if it were collected now; nothing under `root` is written."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in SOURCES:
            for file in (root / source).rglob("*"):
                if file.suffix in SUFFIXES:
                    target = copy / file.relative_to(root)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)
        for language in LANGUAGES:
            place(copy, language).parent.mkdir(parents=True, exist_ok=True)
            if place(root, language).exists():
                shutil.copyfile(place(root, language), place(copy, language))
        subprocess.run(  # noqa: S603
            [*COLLECT, *(word for language in LANGUAGES for word in ("-l", language))],
            cwd=copy,
            check=True,
            env={"PATH": search_path(), "LC_ALL": "C.UTF-8"},
        )
        return {
            language: BOILERPLATE.sub("", place(copy, language).read_text())
            for language in LANGUAGES
        }


def search_path() -> str:
    """Where gettext's programs are."""
    found = shutil.which("xgettext")
    return f"{Path(found).parent if found else '/usr/bin'}:/usr/bin:/bin"


def same(one: str, other: str) -> bool:
    """But for the moment of collecting."""
    return MADE_ON.sub("", one) == MADE_ON.sub("", other)


def unfinished(catalogue: Path) -> list[str]:
    """The messages that are empty or that gettext only guessed."""
    found: list[str] = []
    for question in ("--untranslated", "--only-fuzzy"):
        said = subprocess.run(  # noqa: S603
            ["msgattrib", question, "--no-wrap", "--no-obsolete", str(catalogue)],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        found += ["".join(re.findall('"(.*)"', lines)) for lines in MESSAGE.findall(said)]
    return [text for text in found if text]  # the empty one is the header


def faults(root: Path) -> list[str]:
    """Sentences for `make check`; none means that the catalogues are whole."""
    now, said = collected(root), []
    for language in LANGUAGES:
        file = place(root, language)
        if not file.exists() or not same(file.read_text(), now[language]):
            said.append(f"{language}: the catalogue is behind the code: make fix")
        if file.exists():
            said += [f"{language}: not translated: {text}" for text in unfinished(file)]
    return said
