"""What the clinic's own sentences may name, and what each name stands for in one consent."""

from consent.content import ConsentContent
from consent.sandbox import Values

WORDS = (
    "clinic",
    "clinic_phone",
    "urgent_phone",
    "emergency_number",
    "patient",
    "practitioner",
    "indication",
    "goal",
    "area",
    "technique",
    "pain_relief",
    "session_count",
    "interval_days",
    "price",
)
LISTS = (
    "products",
    "active_ingredients",
    "preparation",
    "restrictions",
    "photo_views",
    "other_conditions",
)
KNOWN = Values(words=dict.fromkeys(WORDS, ""), lists=dict.fromkeys(LISTS, ()))


def values_of(content: ConsentContent) -> Values:
    """Words in the language of the document; what the plan leaves open is empty."""
    clinic, sessions = content.clinic, content.sessions
    words = {
        "clinic": clinic.name,
        "clinic_phone": clinic.phone,
        "urgent_phone": clinic.urgent_phone,
        "emergency_number": clinic.emergency_number,
        "patient": content.patient.name,
        "practitioner": content.practitioner,
        "indication": content.indication.label,
        "goal": content.goal,
        "area": content.area.label,
        "technique": content.technique.label,
        "pain_relief": content.pain_relief,
        "session_count": str(sessions.count),
        "interval_days": str(sessions.interval_days),
        "price": content.price,
    }
    active = (item.name for drug in content.drugs for item in drug.active)
    lists = {
        "products": [drug.name for drug in content.drugs],
        "active_ingredients": list(dict.fromkeys(active)),
        "preparation": list(content.preparation),
        "restrictions": [item.text for item in content.aftercare],
        "photo_views": list(content.photo_views),
        "other_conditions": list(content.other_conditions),
    }
    return Values(words=words, lists=lists)
