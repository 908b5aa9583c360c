"""What leaves the house names nothing about health; what is missing sends nothing."""

import re
from datetime import datetime

import pytest

from clinic.knowledge.entries import Words
from clinic.knowledge.loader import load
from clinic.messaging import outbox, wording
from clinic.messaging.models import Message
from tests.factories.aftercare import A_DAY, SUN_TIME, book_session, make_aftercare, make_course
from tests.factories.messaging import Provider, make_link, owe
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_location

LANGUAGES = ["en", "ru", "uk"]
SECTIONS = [
    "contraindications",
    "medicines",
    "allergens",
    "indications",
    "techniques",
    "side_effects",
]
WORD = re.compile(r"[^\W\d_]{4,}")
BODY = {
    "en": "skin face lips eyelid neck scalp cheek hair needle injection cream",
    "ru": "кожа кожу кожи лицо лица губы веко шея укол инъекция крем волосы",
    "uk": "шкіра шкіру шкіри обличчя губи повіка шия укол ін’єкція крем волосся",
}
# Words of labels that say nothing by themselves, or that warn of danger to life.
HARMLESS = {
    "en": "after before over within with without your this that from today trouble feeling faint "
    "hours rules ready does time take anything health please what does going called need have "
    "other only first make open times rule free",
    "ru": "после более вами ваше ваши день если или может нужно свое своем через часа часов "
    "сейчас первые время принимаете трудно дышать обычные изменилось здоровье здоровья что-то",
    "uk": "будь його якого зараз після понад ваше ваші день якщо або може потрібно через години "
    "годин перші час приймаєте важко дихати звичайні змінилося здоров щось",
}


def labels(language: str) -> set[str]:
    """Every word by which the knowledge names a condition, a drug, an area or a sign."""
    knowledge, texts = load(), []
    for section in SECTIONS:
        for entry in knowledge[section].values():
            name = getattr(entry, "label", None) or getattr(entry, "name", "")
            texts.append(name.in_(language) if isinstance(name, Words) else str(name))
    texts += [one.name for one in knowledge.ingredients.values()]
    found = {word.casefold() for text in texts for word in WORD.findall(text)}
    return (found | set(BODY[language].split())) - set(HARMLESS[language].split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_neutral_words_name_a_condition_a_drug_or_a_part_of_the_body(language: str) -> None:
    known = labels(language)
    for name, words in wording.NEUTRAL.items():
        text = wording.PLACEHOLDER.sub(" ", words.in_(language))
        said = {word.casefold() for word in WORD.findall(text)}
        assert said & known == set(), name
    title = wording.PLACEHOLDER.sub(" ", wording.TITLE.in_(language))
    assert {word.casefold() for word in WORD.findall(title)} & known == set()


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_of_a_course_is_written_and_is_neutral(
    language: str, provider: Provider
) -> None:
    course = make_course(make_patient(language=language))
    book_session(course, start=SUN_TIME + 20 * A_DAY)
    make_aftercare(course, ended_at=SUN_TIME)
    dues = list(Message.objects.order_by("due_at").values_list("due_at", flat=True))
    for due_at in dues:
        outbox.deliver_due(clock=lambda at=due_at: at)  # type: ignore[misc]
    assert len(provider.letters) == 13
    known = labels(language)
    for letter in provider.letters:
        shown = re.sub(r"http\S+", " ", f"{letter.title} {letter.text}")
        assert {word.casefold() for word in WORD.findall(shown)} & known == set()
        assert "{" not in shown
        assert "http://localhost:8000/p/" in letter.text


@pytest.mark.django_db
def test_who_agreed_to_details_gets_the_words_of_the_knowledge(provider: Provider) -> None:
    plan = make_aftercare()
    plan.patient.recipient.details_allowed_at = NOW
    plan.patient.recipient.save()
    outbox.deliver_due(clock=lambda: SUN_TIME + 7 * A_DAY)
    text = provider.letters[-1].text
    assert "no sauna or solarium until Wednesday, 18 March" in text
    assert "/p/" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "day"), [("en", "Tuesday, 1 December"), ("ru", "1 декабря"), ("uk", "1 грудня")]
)
def test_days_are_written_in_the_language_and_on_the_clock_of_the_place(
    language: str, day: str
) -> None:
    link = make_link()
    link.recipient.language = language
    link.recipient.save()
    late = datetime.fromisoformat("2026-11-30T22:30:00+00:00")  # already December in Kyiv
    message = owe(
        message="RP-DM1",
        recipient=link.recipient,
        link=link,
        location=make_location(),
        values={"date": late, "time": late},
    )
    message = Message.objects.select_related("recipient", "location").get(pk=message.pk)
    text = wording.compose(message, link="https://clinic.example/p/x/").text
    assert day in text
    assert "00:30" in text


@pytest.mark.django_db
def test_a_gap_that_nothing_fills_names_itself() -> None:
    with pytest.raises(wording.MissingValue, match="sauna_date"):
        wording.fill("until {sauna_date}", {"sauna_date": ""})


def test_a_placeholder_reaches_no_further_than_its_value() -> None:
    text = wording.fill("{date} {date.__class__} {}", {"date": "today"})
    assert text == "today {date.__class__} {}"
