"""The clinic's own words: versions that stay, and nothing about health in them."""

import pytest
from django.db import ProgrammingError, transaction

from clinic.errors import ClinicError, Stale
from clinic.messaging import discretion, outbox, own_words, wording
from clinic.messaging.models import Edition, Message, MessageState, Template
from clinic.messaging.own_words import Key
from clinic.messaging.wording import Draft
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.messaging import Provider, make_recipient, owe
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
MAIL: Key = ("staff-invite", "en", "email")
SMS: Key = ("check-in-again", "ru", "sms")


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def written(key: Key, text: str, lead: User, *, version: int = 0, title: str = "") -> Template:
    return own_words.change(key, Draft(version, title, text), at=NOW, by=lead)


def test_a_change_is_a_new_version_and_the_old_one_stays(lead: User) -> None:
    written(MAIL, "First {url}", lead)
    written(MAIL, "Second {url}", lead, version=1)
    assert [row.text for row in own_words.versions(MAIL)] == ["Second {url}", "First {url}"]
    assert own_words.present(MAIL).text == "Second {url}"
    entry = AuditEntry.objects.filter(action="message.words-changed").latest("pk")
    assert entry.facts["version"] == 2
    assert entry.actor_name == lead.full_name


def test_nobody_changes_what_was_written(lead: User) -> None:
    row = written(MAIL, "First {url}", lead)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Template.objects.filter(pk=row.pk).update(text="Other {url}")


def test_who_looked_at_an_older_version_is_told(lead: User) -> None:
    written(MAIL, "First {url}", lead)
    with pytest.raises(Stale):
        written(MAIL, "Mine {url}", lead)
    assert own_words.versions(MAIL).count() == 1


def test_the_original_words_come_back_as_a_version_of_their_own(
    lead: User, provider: Provider
) -> None:
    original = own_words.present(MAIL).text
    written(MAIL, "First {url}", lead)
    own_words.reset(MAIL, version=1, at=NOW, by=lead)
    assert own_words.present(MAIL) == Draft(2, "A message from {clinic}", original)
    owe()
    outbox.deliver_due(clock=lambda: NOW)
    assert "Choose your password" in provider.letters[0].text


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        (MAIL, "Hello {name}: {url}", "unknown-placeholder"),
        (MAIL, "Hello", "link-missing"),
        (MAIL, "Hello {url} {clinic", "broken-placeholder"),
        (SMS, "{link} Как ваш герпес?", "telling"),
        (SMS, "{link} Как ваши губы после уколов?", "telling"),
        (SMS, "{link} Не принимайте ибупрофен", "telling"),
        (("check-in-again", "uk", "telegram"), "{link} Чи минула лихоманка?", "telling"),
        (("check-in-again", "en", "email"), "{link} How is your skin?", "telling"),
    ],
)
def test_what_cannot_be_sent_or_tells_too_much_is_refused(
    lead: User, key: Key, text: str, code: str
) -> None:
    with pytest.raises(ClinicError) as refused:
        written(key, text, lead)
    assert refused.value.code == code
    assert not Template.objects.exists()


def test_a_title_names_nothing_about_health_and_nobody(lead: User) -> None:
    with pytest.raises(own_words.Telling, match="mesotherapy"):
        written(MAIL, "Hello {url}", lead, title="After your mesotherapy")
    with pytest.raises(own_words.UnknownPlaceholder):
        written(MAIL, "Hello {url}", lead, title="See {url}")


def test_a_false_alarm_is_overruled_and_stands_in_the_audit(lead: User) -> None:
    words = Draft(0, "", "{link} Our cream-coloured house: {clinic_phone}")
    key = ("check-in-again", "en", "email")
    own_words.change(key, words, confirmed=True, at=NOW, by=lead)
    assert AuditEntry.objects.get(action="message.words-changed").facts["overruled"] == 1


def test_no_words_that_come_with_us_would_be_refused() -> None:
    for name in own_words.names():
        for language in ("en", "ru", "uk"):
            text = wording.neutral(name).in_(language)
            own_words.check((name, language, "sms"), Draft(0, "", text))
            assert discretion.telling(wording.TITLE.in_(language)) == []


def test_a_sent_message_keeps_its_words_and_the_next_gets_the_new_ones(
    lead: User, provider: Provider
) -> None:
    """RM-17: the version of the text is on record with every attempt."""
    first = owe()
    outbox.deliver_due(clock=lambda: NOW)
    written(MAIL, "New words {url}", lead)
    second, third = owe(subject="a"), owe(subject="b")
    outbox.deliver_due(clock=lambda: NOW)
    editions = [row.attempts.get().edition for row in (first, second, third)]
    assert all(editions)
    assert [row.version for row in editions if row] == [0, 1, 1]
    assert Edition.objects.count() == 2
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Edition.objects.update(text="Something else")


def test_a_gap_in_own_words_sends_nothing_and_makes_a_task(lead: User, provider: Provider) -> None:
    """R-31: what was allowed to be written may still lack its value in one message."""
    written(("RP-D3", "en", "email"), "Until {link}, {clinic_phone}", lead)
    message = owe(message="RP-D3", recipient=make_recipient(), values={})
    outbox.deliver_due(clock=lambda: NOW)
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.FAILED, "missing-value")
    assert provider.letters == []
    assert Message.objects.troubled().count() == 1
