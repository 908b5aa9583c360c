"""What a consent must name, and the risks it must list."""

from clinic.knowledge.entries.base import Entry, Ids, Text, Words


class ConsentContent(Entry):
    """One part of the consent; a mandatory one cannot be left out."""

    part: Text
    mandatory: bool
    content: Words
    render_from: Text | None = None


class ConsentRisk(Entry):
    """One risk, with how often the sources say it happens."""

    label: Words
    frequency: Words
    ingredient_ids: Ids = ()  # printed first when the plan has one of these
