"""What a patient reads: the clinic's wording and this plan's content, section by section.

The page and the PDF are made of the same sections, in the same order, in the signed language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from consent.content import ConsentContent, Risk, document_sha256
from consent.gaps import values_of
from consent.models import ConsentDocument, ConsentTemplate
from consent.sandbox import Values, fill

# Which block says what the knowledge asks a consent to say, by the id of its entry.
SAYS = {
    "CC-DRUGS": "drugs",
    "CC-SESSIONS": "sessions",
    "CC-RESULTS": "results",
    "CC-AFTERCARE": "aftercare",
    "CC-DISCRETION": "other",
    "CC-PHOTO": "photos",
    "CC-METHOD": "method",
    "CC-PROSCONS": "weighing",
    "CC-RISKS": "risks",
    "CC-CONTRA-DECL": "health",
    "CC-CONTACT": "contact",
    "CC-LIABILITY": "drugs",  # that only registered products are used; the rest needs a lawyer
    "CC-INJECTION-FEAR": "method",
    "CC-ALLERGY-TEST": "test",
    "CC-OVERRIDES": "findings",
    "CC-WITHDRAW": "rights",
    "CC-SIGN": "signature",
}
# In reading order; each block of the wording once. The second word is the part that shows the
# content, the third the field without which a section has nothing to say.
ORDER: tuple[tuple[str, str, str], ...] = (
    ("about", "", ""),
    ("changes", "changes", "changes"),
    ("people", "people", ""),
    ("method", "method", ""),
    ("alternatives", "", ""),
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
    ("price", "price", "price"),
    ("contact", "contact", ""),
    ("rights", "", ""),
)
KINDS = ("expected", "nonspecific", "drug_specific", "complication", "")  # of risks, mildest first
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
    check: Mapping[str, Any]  # words of the questions on it; empty: that version had none
    beside: "Text | None" = None  # the same in a second language

    @property
    def pairs(self) -> list[tuple[Section, Section | None]]:
        """Each section with its like in the second language."""
        others = {section.key: section for section in self.beside.sections} if self.beside else {}
        return [(section, others.get(section.key)) for section in self.sections]

    @property
    def risk_groups(self) -> list[tuple[str, list[Risk]]]:
        """Those of this plan first, then by kind; a wording without kinds has one plain list."""
        risks, kinds = self.content.risks_in_order, self.labels.get("kinds")
        if kinds is None:
            return [("", list(risks))]
        groups = [(self.labels["of_this_plan"], [risk for risk in risks if risk.of_this_plan])]
        for kind in KINDS:
            others = [risk for risk in risks if risk.kind == kind and not risk.of_this_plan]
            groups.append((kinds[kind or "other"], others))
        return [(label, found) for label, found in groups if found]

    @property
    def headings(self) -> dict[str, str]:
        """Number and heading of each section, by its key."""
        return {section.key: f"{section.number}. {section.heading}" for section in self.sections}

    @property
    def title(self) -> str:
        return str(self.labels["title"])


def text_of(document: ConsentDocument) -> Text:
    """As it was offered: from the frozen content and the wording of that version."""
    text = compose(ConsentContent.from_data(document.content), document.template)
    if document.second_template is None:
        return text
    second = ConsentContent.from_data(document.second_content)
    return replace(text, beside=compose(second, document.second_template))


def compose(content: ConsentContent, template: ConsentTemplate) -> Text:
    """Fails closed: a sentence whose gap has no value makes no document."""
    blocks, values = template.texts["blocks"], values_of(content)
    known = [(key, part, needs) for key, part, needs in ORDER if key in blocks]  # of this version
    said = [(key, part) for key, part, needs in known if not needs or getattr(content, needs)]
    parts = [(blocks[key], key, part) for key, part in said]
    sections = [_section(n, part, values) for n, part in enumerate(parts, start=1)]
    return Text(
        language=content.language,
        content=content,
        labels=template.texts["labels"],
        sections=tuple(sections),
        statement=_section(len(sections) + 1, (blocks[SIGNATURE], SIGNATURE, ""), values),
        check=template.texts.get("check", {}),
    )


def latest_template(language: str) -> ConsentTemplate:
    """The clinic's wording of today, in this language."""
    template = ConsentTemplate.objects.filter(language=language).order_by("-version").first()
    if template is None:
        raise NoWording
    return template


def fingerprint(
    content: ConsentContent,
    template: ConsentTemplate,
    *,
    beside: tuple[ConsentContent, ConsentTemplate] | None = None,
) -> str:
    """Of every word the patient reads, in both languages where there are two."""
    second = fingerprint(*beside) if beside else ""
    return document_sha256(content, wording_sha256=template.sha256, beside=second)


def _section(number: int, of: tuple[dict[str, Any], str, str], values: Values) -> Section:
    block, key, part = of
    return Section(
        number=number,
        key=key,
        heading=block["heading"],
        paragraphs=tuple(fill(words, values) for words in block["text"]),
        part=f"consent/text/{part}.html" if part else "",
    )
