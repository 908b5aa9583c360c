"""What a consent must name, and the risks it must list."""

from clinic.knowledge.entries.base import Area, Entry, Ids, Text, Words


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
    # Printed first when the plan has one of these, or is for this area, or the patient has one.
    ingredient_ids: Ids = ()
    contraindication_ids: Ids = ()
    area: Area | None = None
    side_effect_ids: Ids = ()  # the same, as aftercare knows it: of what kind, for how long
