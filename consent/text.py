"""What a patient reads: the clinic's wording and this plan's content, section by section.

The page and the PDF are made of the same sections, in the same order, in the signed language.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from consent.content import ConsentContent, document_sha256
from consent.models import ConsentDocument, ConsentTemplate

# In reading order; each block of the wording once. The second word is the part that shows the
# content, the third the field without which a section has nothing to say.
ORDER: tuple[tuple[str, str, str], ...] = (
    ("about", "", ""),
    ("people", "people", ""),
    ("method", "method", ""),
    ("drugs", "drugs", ""),
    ("sessions", "sessions", ""),
    ("results", "results", ""),
    ("weighing", "", ""),
    ("risks", "risks", ""),
    ("findings", "findings", ""),
    ("health", "health", ""),
    ("test", "test", ""),
    ("before", "before", "preparation"),
    ("aftercare", "aftercare", ""),
    ("photos", "photos", ""),
    ("other", "other", "other_conditions"),
    ("contact", "contact", ""),
    ("rights", "", ""),
)
SIGNATURE = "signature"  # the last block: what the patient says by signing


class NoWording(ClinicError):
    code = "no-wording"
    text = _("There is no wording of the consent in this language. Choose another language.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One numbered part of the document."""

    number: int
    key: str
    heading: str
    paragraphs: tuple[str, ...]
    part: str  # the template that shows the content; empty: words alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The whole document as it is read, without signature and evidence."""

    language: str
    content: ConsentContent
    labels: dict[str, Any]
    sections: tuple[Section, ...]
    statement: Section

    @property
    def headings(self) -> dict[str, str]:
        """Number and heading of each section, by its key."""
        return {section.key: f"{section.number}. {section.heading}" for section in self.sections}

    @property
    def title(self) -> str:
        return str(self.labels["title"])


def text_of(document: ConsentDocument) -> Text:
    """As it was offered: from the frozen content and the wording of that version."""
    return compose(ConsentContent.from_data(document.content), document.template)


def compose(content: ConsentContent, template: ConsentTemplate) -> Text:
    blocks = template.texts["blocks"]
    said = [(key, part) for key, part, needs in ORDER if not needs or getattr(content, needs)]
    sections = [_section(n, key, part, blocks) for n, (key, part) in enumerate(said, start=1)]
    return Text(
        language=content.language,
        content=content,
        labels=template.texts["labels"],
        sections=tuple(sections),
        statement=_section(len(sections) + 1, SIGNATURE, "", blocks),
    )


def latest_template(language: str) -> ConsentTemplate:
    """The clinic's wording of today, in this language."""
    template = ConsentTemplate.objects.filter(language=language).order_by("-version").first()
    if template is None:
        raise NoWording
    return template


def fingerprint(content: ConsentContent, template: ConsentTemplate) -> str:
    """Of every word the patient reads."""
    return document_sha256(content, wording_sha256=template.sha256)


def _section(number: int, key: str, part: str, blocks: dict[str, Any]) -> Section:
    return Section(
        number=number,
        key=key,
        heading=blocks[key]["heading"],
        paragraphs=tuple(blocks[key]["text"]),
        part=f"consent/text/{part}.html" if part else "",
    )
