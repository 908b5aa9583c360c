"""A heavy case, invented: twenty conditions, fifteen medicines, six products, as people type."""

from datetime import date
from typing import Any

from procedures import cases
from procedures.domain.facts import Facts

HEAVY: dict[str, Any] = {
    "on": date(2026, 3, 4),
    "birth_date": date(1963, 8, 17),
    "sex": "F",
    "conditions": [
        "Type 2 diabetes", "артериальная гипертензия 2 степени", "varicose disease", "rosacea",
        "hypothyroidism", "autoimmune thyroiditis", "myopia", "eczema", "cold sore", "lipoma",
        "kidney disease", "хронический гепатит", "angina", "PCOS", "osteochondrosis", "migraine",
        "keloid", "sensitive skin", "gastritis", "needle phobia",
    ],
    "history": ["appendectomy", "thrombosis", "flu"],
    "family_history": ["breast cancer", "epilepsy"],
    "medications": [
        "metformin", "Эликвис", "aspirin 100 mg", "loratadine", "magnesium", "vitamin d",
        "пентоксифиллин", "amoxicillin", "Lyoton", "tranexamic acid", "omeprazole", "bisoprolol",
        "levothyroxine", "drotaverine",
        {"text": "isotretinoin", "until": "2024-01-10"},
    ],
    "allergies": ["sulphites", "lidocaine", "birch pollen", "fish", "parabens"],
    "pregnant": False,
    "breastfeeding": False,
    "alcohol": [{"what": "wine", "at": "2026-03-03T21:00"}],
    "recent_procedures": [{"what": "laser", "date": "2026-02-20"}, {"what": "botox"}],
    "vaccinations": [{"what": "flu shot", "date": "2026-02-26"}],
    "temperature_c": 36.7,
    "blood_pressure": "150/95",
    "previous_session": "2026-02-27",
    "planned_drugs": [
        {"name": "Placentex", "route": "intradermal", "registered": True},
        {"name": "Hyaluronic acid 1.5 %", "ingredients": ["hyaluronic acid", "sodium chloride"]},
        {"name": "NCTF 135"},
        {"name": "Novocaine", "expires": "2026-02"},
        {"name": "Trental", "opened_on": "2026-03-01"},
        {"name": "Vitamin mix", "ingredients": ["ascorbic acid", "sulphite", "zinc"]},
    ],
    "mixed_in_one_syringe": True,
    "technique": "multi-needle injector",
    "area": "lower eyelids",
    "indication": "wrinkles",
}  # fmt: skip


def heavy_facts() -> Facts:
    """The facts as a screening gets them, vocabulary read."""
    return cases.facts_of(HEAVY)
