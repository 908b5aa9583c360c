"""Reading TOML files strictly: all that is wrong is said, with file, line and reason."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import tomli
from pydantic import ValidationError

from clinic.knowledge.entries import Strict

Model = TypeVar("Model", bound=Strict)
AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class KnowledgeError(Exception):
    """The knowledge is broken; the product must not start with it."""

    code = "knowledge"

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Table:
    """One `[ID]` of a file, as written."""

    file: str
    text: str
    id: str
    content: Mapping[str, Any]

    def line(self, key: str = "") -> int:
        """Where this table, or a key of it, stands; without the key, the table's own line."""
        lines = self.text.splitlines()
        head = re.compile(rf'\s*\[\s*"?{re.escape(self.id)}"?\s*(\]|\.)')
        start = next((n for n, line in enumerate(lines) if head.match(line)), 0)
        if key:
            found = re.compile(rf"\s*{re.escape(key)}\s*[.=]")
            for n, line in enumerate(lines[start + 1 :], start + 1):
                if line.startswith("["):
                    break
                if found.match(line):
                    return n + 1
        return start + 1

    def problem(self, reason: str, key: str = "") -> Problem:
        where = f"{self.id}: {key}: " if key else f"{self.id}: "
        return Problem(self.file, self.line(key), where + reason)


def tables(path: Path, root: Path) -> Iterator[Table]:
    """Every table of one file; what is no TOML or stands outside of a table is refused."""
    file = path.relative_to(root).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
        content = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        at = AT_LINE.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise KnowledgeError(Problem(file, line, AT_LINE.sub("", str(error)))) from error
    except UnicodeDecodeError as error:
        raise KnowledgeError(Problem(file, 1, f"not UTF-8: {error.reason}")) from error
    for name, table in content.items():
        if not isinstance(table, dict):
            raise KnowledgeError(Problem(file, 1, f"{name}: every key belongs under an [ID]"))
        yield Table(file, text, name, table)


def parse(table: Table, model: type[Model]) -> Model:
    """The entry of a table. Through JSON, because only there strict lists become tuples."""
    try:
        raw = json.dumps({"id": table.id, **table.content})
    except TypeError as error:
        raise KnowledgeError(table.problem(f"no date or time here: {error}")) from error
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        details.sort(key=lambda detail: detail["type"] != "extra_forbidden")  # the typo first
        raise KnowledgeError(
            *(
                table.problem(_reason(detail["msg"], detail["loc"]), _key(detail["loc"]))
                for detail in details
            )
        ) from error


def _key(loc: tuple[int | str, ...]) -> str:
    return str(loc[0]) if loc else ""


def _reason(message: str, loc: tuple[int | str, ...]) -> str:
    inner = ".".join(str(part) for part in loc[1:])
    text = message.removeprefix("Value error, ")
    return f"{inner}: {text}" if inner else text
