"""Sentences with gaps that a clinic writes itself: `{{ name }}`, and a loop over one named list.

There is no way from here to anything else: no attributes, no calls, no arithmetic, no conditions,
no loop but over a list that was handed in, none within another, and an end to what they may write.
What has no value is an error, never an empty place: nobody signs a sentence with a hole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError

MOST_WRITTEN = 6_000  # letters of one paragraph as it is written
MOST_FILLED = 20_000  # and as it is printed
MOST_TURNS = 500  # of all loops of a paragraph together
MARK = re.compile(r"\{\{(?P<gap>.*?)\}\}|\{%(?P<tag>.*?)%\}|(?P<stray>\{\{|\}\}|\{%|%\}|\{#|#\})")
NAME = re.compile(r"[a-z][a-z0-9_]*")
LOOP = re.compile(r"for +([a-z][a-z0-9_]*) +in +([a-z][a-z0-9_]*)")
END = "endfor"


class BadWording(ClinicError):
    """Refused when it is written; `line` is where."""

    code = "bad-wording"
    text = _("Line %(line)s: %(why)s")


class Unfilled(ClinicError):
    code = "unfilled-wording"
    text = _(
        "The consent was not made: its wording uses {{ %(name)s }}, and this plan says nothing "
        "there. Fill it in the plan, or ask a clinical lead to change the wording."
    )


class TooLong(ClinicError):
    code = "wording-too-long"
    text = _(
        "The consent was not made: one paragraph of its wording becomes too long with this plan. "
        "Ask a clinical lead to shorten it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """All that a sentence may name: single words, and lists of them."""

    words: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    name: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Its words once for each of a list."""

    each: str
    of: str
    body: tuple["str | Gap", ...]


Piece: TypeAlias = str | Gap | Loop


def check(text: str, known: Values) -> None:
    """Refuse what is no sentence with known gaps; says in which line and why."""
    if len(text) > MOST_WRITTEN:
        refuse(text, 0, _("a paragraph has at most %(most)s letters") % {"most": MOST_WRITTEN})
    parse(text, known)


def fill(text: str, values: Values) -> str:
    """The sentence with its gaps filled; the same words always give the same."""
    if "{" not in text and "}" not in text:
        return text
    said, length, turns = [], 0, 0
    for piece in parse(text, values):
        turns += len(values.lists[piece.of]) if isinstance(piece, Loop) else 0
        if turns > MOST_TURNS:
            raise TooLong
        for words in _said(piece, values):
            length += len(words)
            if length > MOST_FILLED:
                raise TooLong
            said.append(words)
    return "".join(said)


def gaps(text: str) -> frozenset[str]:
    """The names that it uses, whether anybody knows them or not."""
    single = (found["gap"] or "" for found in MARK.finditer(text))
    loops = (LOOP.fullmatch((found["tag"] or "").strip()) for found in MARK.finditer(text))
    owned = {loop[1]: loop[2] for loop in loops if loop}
    return frozenset({name.strip() for name in single} - owned.keys() - {""}) | {*owned.values()}


def parse(text: str, known: Values) -> tuple[Piece, ...]:
    """Into words, gaps and loops."""
    done: list[Piece] = []
    each, of, began, body = "", "", 0, list[str | Gap]()
    place = 0
    for found in MARK.finditer(text):
        (body if of else done).append(text[place : found.start()])
        place = found.end()
        tag = (found["tag"] or "").strip()
        if found["stray"]:
            refuse(
                text, found.start(), _("“%s” stands alone. A gap looks so: {{ patient }}"), found[0]
            )
        elif found["gap"] is not None:
            name = _gap(text, found, known, each)
            (body if of else done).append(Gap(name))
        elif of and tag == END:
            done.append(Loop(each, of, tuple(body)))
            each, of, body = "", "", []
        elif of or tag == END:
            _misplaced(text, found, tag)
        else:
            each, of, began = *_loop(text, found, known), found.start()
    if of:
        refuse(text, began, _("the loop has no end. Write {%% endfor %%} behind it"))
    done.append(text[place:])
    return tuple(done)


def _gap(text: str, found: re.Match[str], known: Values, each: str) -> str:
    name = (found["gap"] or "").strip()
    if not NAME.fullmatch(name):
        why = _("“%s” is no name of a gap. Only the names of the list may stand in one")
        refuse(text, found.start(), why, name)
    if name in known.lists:
        refuse(text, found.start(), _("“%s” is a list. Write a loop over it"), name)
    if name != each and name not in known.words:
        refuse(text, found.start(), _("there is no gap “%s”. Choose a name of the list"), name)
    return name


def _loop(text: str, found: re.Match[str], known: Values) -> tuple[str, str]:
    tag = (found["tag"] or "").strip()
    loop = LOOP.fullmatch(tag)
    if not loop:
        why = _("“%s” is not known here. There are only: for … in a list, and endfor")
        refuse(text, found.start(), why, tag)
    each, of = loop[1], loop[2]
    if of not in known.lists:
        why = _("a loop goes over a list that is named, and “%s” is none")
        refuse(text, found.start(), why, of)
    if each in known.words or each in known.lists:
        why = _("“%s” means something else already. Call the one of the list otherwise")
        refuse(text, found.start(), why, each)
    return each, of


def _misplaced(text: str, found: re.Match[str], tag: str) -> NoReturn:
    if tag == END:
        refuse(text, found.start(), _("an endfor without its for"))
    refuse(text, found.start(), _("“%s” stands inside a loop, where only gaps may stand"), tag)


def refuse(text: str, place: int, why: str | Promise, word: str = "") -> NoReturn:
    said = str(why) % word[:40] if word else str(why).replace("%%", "%")
    raise BadWording(line=text.count("\n", 0, place) + 1, why=said)


def _said(piece: Piece, values: Values) -> Iterator[str]:
    if isinstance(piece, Loop):
        if not values.lists[piece.of]:
            raise Unfilled(name=piece.of)
        for one in values.lists[piece.of]:
            for part in piece.body:
                yield part if isinstance(part, str) else _value(part, values, piece.each, one)
    else:
        yield piece if isinstance(piece, str) else _value(piece, values)


def _value(gap: Gap, values: Values, each: str = "", one: str = "") -> str:
    value = one if gap.name == each else values.words[gap.name]
    if not value.strip():
        raise Unfilled(name=gap.name)
    return value
