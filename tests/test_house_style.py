"""What a reviewer would otherwise have to remember."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from clinic import celery_app
from clinic.management import catalogues
from clinic.messaging.models import Purpose
from clinic.staff.roles import GRANTS, Permission, Role

ROOT = Path(__file__).parent.parent
CHAIN = ["record", "staff", "messaging", "patients", "consent", "procedures", "aftercare"]
COMPOSED = ["clinic/lifecycle", "clinic/portable"]
FOLDERS = ["clinic/record", "clinic/staff", "clinic/messaging", *CHAIN[3:], *COMPOSED]
CODE = ["clinic", *CHAIN[3:], "tests", "docker"]
FOR_ALL = {"board", "chart"}  # home, and the page of a patient: composed of all, linked by all
THIRD_PARTY = ["allauth.account.urls", "allauth.mfa.urls"]  # pages that are not ours
LANGUAGE = "set_language"  # Django's own


def routes(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from routes(pattern)


def tracked(pattern: str = "*") -> list[Path]:
    """The files that are the project, wherever it was cloned."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--", pattern],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [file for name in said.split("\0") if name and (file := ROOT / name).is_file()]


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def templates(folder: str = "") -> list[Path]:
    return sorted((ROOT / "templates" / folder).rglob("*.html"))


def longer_than(limit: int, files: list[Path]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}: {lines}"
        for file in files
        if (lines := len(file.read_text().splitlines())) > limit
    ]


def text_of(file: Path) -> str:
    """Empty for pictures and fonts."""
    try:
        return file.read_text()
    except UnicodeDecodeError:
        return ""


# Who may do what


def test_every_view_names_the_permission_or_purpose_it_serves() -> None:
    theirs = [route for name in THIRD_PARTY for route in routes(get_resolver(name))]
    open_doors = [
        str(route.name)
        for route in routes(get_resolver())
        if not isinstance(getattr(route.callback, "permission", None), Permission | Purpose)
        and not any(route is known for known in theirs)
        and route.name != LANGUAGE
    ]
    assert open_doors == []


def test_every_role_has_its_line() -> None:
    assert GRANTS.keys() == set(Role)


def test_every_permission_is_granted_to_somebody() -> None:
    granted = frozenset().union(*GRANTS.values())
    assert set(Permission) - granted <= {Permission.PUBLIC}


# What is done later


def test_beat_rings_only_bells_that_exist() -> None:
    celery_app.loader.import_default_modules()
    rung = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert rung <= celery_app.tasks.keys()


def test_every_module_of_tasks_is_found() -> None:
    celery_app.loader.import_default_modules()
    files = [file for folder in FOLDERS for file in ROOT.glob(f"{folder}/tasks.py")]
    modules = {str(file.relative_to(ROOT).with_suffix("")).replace("/", ".") for file in files}
    found = {task.__module__ for task in celery_app.tasks.values()}
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    rung = {str(entry["task"]).rpartition(".")[0] for entry in entries}
    assert modules <= found
    assert rung <= modules


# The database


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", stdout=StringIO())


@pytest.mark.parametrize("folder", FOLDERS)
def test_migrations_form_one_line(folder: str) -> None:
    numbers = sorted(file.name[:4] for file in ROOT.glob(f"{folder}/migrations/0*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers


# Sizes


def test_modules_fit_in_the_head() -> None:
    files = [file for file in python_files(*CODE) if "migrations" not in file.parts]
    assert longer_than(400, files) == []


def test_templates_fit_on_two_screens() -> None:
    assert longer_than(120, templates()) == []


def test_migrations_after_the_first_are_short() -> None:
    files = [file for file in python_files(*CODE) if "migrations" in file.parts]
    assert longer_than(80, [file for file in files if not file.name.startswith("0001")]) == []


def test_knowledge_files_are_short_enough_for_a_clinician() -> None:
    assert longer_than(300, sorted((ROOT / "clinic" / "knowledge").rglob("*.toml"))) == []


def test_views_are_through_the_door_one_call_answer() -> None:
    long = []
    for file in python_files("clinic", *CHAIN[3:]):
        if file.stem == "views" or file.parent.name == "views":
            for view in ast.walk(ast.parse(file.read_text())):
                if isinstance(view, ast.FunctionDef) and view.decorator_list:
                    lines = (view.end_lineno or 0) - view.lineno + 1
                    if lines > 20:
                        long.append(f"{file.relative_to(ROOT)}: {view.name}: {lines}")
    assert long == []


# Templates


@pytest.mark.parametrize("app", CHAIN)
def test_templates_link_only_downwards(app: str) -> None:
    allowed = {*CHAIN[: CHAIN.index(app) + 1], *FOR_ALL}
    upwards = [
        f"{template.relative_to(ROOT)}: {namespace}"
        for template in templates(app)
        for namespace in re.findall(r"{% url ['\"](\w+):", template.read_text())
        if namespace not in allowed
    ]
    assert upwards == []


def test_pages_hold_no_script_or_style_of_their_own() -> None:
    inline = re.compile(
        r"<script(?![^>]*(\ssrc=|application/json))|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE
    )
    pages = [page for page in templates() if not {"pdf", "mail"} & set(page.parts)]
    assert [str(page.relative_to(ROOT)) for page in pages if inline.search(page.read_text())] == []


def test_nothing_switches_escaping_off() -> None:
    off = re.compile(r"\|\s*safe(seq)?\b|autoescape off|mark_" + "safe")
    files = [*templates(), *python_files("clinic", *CHAIN[3:])]
    assert [str(file.relative_to(ROOT)) for file in files if off.search(file.read_text())] == []


# Words


def test_every_message_is_collected_and_translated() -> None:
    assert catalogues.faults(ROOT) == []


# Around the code


def settings_asked() -> set[str]:
    """The names that settings.py asks the environment for."""
    tree = ast.parse((ROOT / "clinic" / "settings.py").read_text())
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "environment"
    ]
    first = [call.args[0] for call in calls if call.args]
    return {str(arg.value) for arg in first if isinstance(arg, ast.Constant)}


def settings_documented() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_every_setting_is_documented() -> None:
    asked = settings_asked()
    assert {"DEBUG", "SECRET_KEY", "DATABASE_URL"} <= asked
    assert asked - settings_documented() == set()


def test_every_documented_setting_is_read() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    read = settings_asked() | set(re.findall(r"\$\{([A-Z_]+)", compose))
    assert settings_documented() - read == set()


def test_decisions_are_numbered_in_one_line() -> None:
    numbers = sorted(file.name[:4] for file in (ROOT / "docs" / "adr").glob("*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers


def test_decisions_say_why() -> None:
    for file in (ROOT / "docs" / "adr").glob("*.md"):
        parts = re.findall(r"^## (.*)$", file.read_text(), re.MULTILINE)
        assert parts == ["Context", "Options", "Decision", "Consequences"], file.name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for named in project["dependencies"]:
        [line] = [line for line in lines if f'"{named}"' in line]
        assert "#" in line, named


def test_no_file_names_a_registry_or_this_machine() -> None:
    hosts = ["pypi." + "org", "pythonhosted." + "org", "registry." + "npmjs", "--index" + "-url"]
    words = [*hosts, f"{ROOT}/", f"{Path.home()}/", '"resolved": ' + '"http']
    guilty = [
        f"{file.relative_to(ROOT)}: {word}"
        for file in tracked()
        for word in words
        if word in text_of(file)
    ]
    assert guilty == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|pytest\.mark\.(skip|x" + r"fail)")
    guilty = [file for file in tracked() if marks.search(text_of(file))]
    assert [str(file.relative_to(ROOT)) for file in guilty] == []


def test_other_peoples_files_are_fetched_not_committed() -> None:
    names = re.compile(r"\.min\.(js|css)$|\.(woff2?|ttf|otf|mo|pyc)$|(^|/)node_modules/")
    paths = [str(file.relative_to(ROOT)) for file in tracked()]
    assert [path for path in paths if names.search(path)] == []
