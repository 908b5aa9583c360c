"""What the columns of a list may mean, and how other systems call them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.portable.models import ListKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One thing that a list says of each row."""

    key: str
    label: str | Promise
    needed: bool = False
    called: tuple[str, ...] = ()  # headings seen elsewhere, in small letters


IDENTIFIER = Meaning(
    key="id",
    label=_("Identifier of the row"),
    needed=True,
    called=("id", "№", "номер", "код", "number", "identifier", "ідентифікатор"),
)
PATIENT = Meaning(
    key="patient",
    label=_("Identifier of the patient"),
    needed=True,
    called=("patient", "patient id", "patient_id", "пациент", "пацієнт", "id пациента"),
)
PRACTITIONER = Meaning(
    key="practitioner",
    label=_("E-mail of who treats"),
    needed=True,
    called=("practitioner", "email of practitioner", "врач", "лікар", "специалист"),
)
MEANINGS: dict[str, tuple[Meaning, ...]] = {
    ListKind.PATIENTS: (
        IDENTIFIER,
        Meaning(
            key="family_name",
            label=_("Family name"),
            called=("family name", "family_name", "last name", "surname", "фамилия", "прізвище"),
        ),
        Meaning(
            key="given_name",
            label=_("Given name"),
            called=("given name", "given_name", "first name", "имя", "ім'я", "ім’я"),
        ),
        Meaning(
            key="full_name",
            label=_("Whole name, the family name first"),
            called=("name", "full name", "фио", "піб"),
        ),
        Meaning(
            key="birth_date",
            label=_("Date of birth"),
            needed=True,
            called=(
                "birth date",
                "birth_date",
                "date of birth",
                "дата рождения",
                "дата народження",
            ),
        ),
        Meaning(key="sex", label=_("Sex"), called=("sex", "gender", "пол", "стать")),
        Meaning(key="phone", label=_("Phone"), called=("phone", "mobile", "телефон")),
        Meaning(key="email", label=_("E-mail"), called=("email", "e-mail", "почта", "пошта")),
        Meaning(key="language", label=_("Language"), called=("language", "язык", "мова")),
    ),
    ListKind.HISTORY: (
        IDENTIFIER,
        PATIENT,
        Meaning(
            key="kind",
            label=_("Condition, allergy or medicine"),
            needed=True,
            called=("kind", "type", "вид", "тип"),
        ),
        Meaning(
            key="text", label=_("What it is"), needed=True, called=("text", "текст", "название")
        ),
        Meaning(
            key="onset_date", label=_("Since"), called=("since", "onset", "onset_date", "с", "з")
        ),
    ),
    ListKind.APPOINTMENTS: (
        IDENTIFIER,
        PATIENT,
        PRACTITIONER,
        Meaning(key="room", label=_("Room"), needed=True, called=("room", "кабинет", "кабінет")),
        Meaning(
            key="start",
            label=_("Day and hour"),
            needed=True,
            called=("start", "when", "начало", "початок", "время", "час"),
        ),
        Meaning(
            key="minutes", label=_("Minutes"), called=("minutes", "duration", "минут", "хвилин")
        ),
    ),
    ListKind.COURSES: (
        IDENTIFIER,
        PATIENT,
        PRACTITIONER,
        Meaning(
            key="indication",
            label=_("Indication"),
            needed=True,
            called=("indication", "показание", "показання"),
        ),
        Meaning(key="area", label=_("Area"), needed=True, called=("area", "зона", "область")),
        Meaning(
            key="technique",
            label=_("Technique"),
            needed=True,
            called=("technique", "техника", "техніка"),
        ),
        Meaning(
            key="product",
            label=_("Product"),
            needed=True,
            called=("product", "препарат"),
        ),
        Meaning(
            key="volume_ml",
            label=_("Millilitres of a session"),
            needed=True,
            called=("ml", "volume_ml", "мл"),
        ),
        Meaning(
            key="sessions",
            label=_("Sessions still to come"),
            needed=True,
            called=("sessions", "remaining", "осталось", "залишилось"),
        ),
        Meaning(
            key="interval_days",
            label=_("Days between sessions"),
            needed=True,
            called=("interval", "interval_days", "интервал", "інтервал"),
        ),
    ),
}


def guess(kind: str, headings: Sequence[str], saved: Mapping[str, str]) -> dict[str, str]:
    """Which column means what: as it was chosen last time, else by its heading."""
    small = {heading.casefold(): heading for heading in headings}
    found = {key: heading for key, heading in saved.items() if heading in headings}
    for meaning in MEANINGS[kind]:
        for name in meaning.called:
            if name in small and meaning.key not in found:
                found[meaning.key] = small[name]
    return found


def missing(kind: str, chosen: Mapping[str, str]) -> list[Meaning]:
    """What a list of this kind cannot do without."""
    lacking = [one for one in MEANINGS[kind] if one.needed and not chosen.get(one.key)]
    named = {"family_name", "given_name"} <= {key for key, column in chosen.items() if column}
    if kind == ListKind.PATIENTS and not named and not chosen.get("full_name"):
        lacking += [one for one in MEANINGS[kind] if one.key == "full_name"]
    return lacking
