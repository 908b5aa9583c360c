"""The clinic's own words of a message: each change is a new version, and the old ones stay.

What leaves the house names nothing about health: not in an SMS, not in a title, not in a mail that
anybody may open. The words are looked at when they are saved; a false alarm is somebody's to
overrule, and stands in the audit.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, constraints_as
from clinic.knowledge.loader import load
from clinic.messaging import discretion, wording
from clinic.messaging.models import Channel, Template
from clinic.messaging.wording import NEUTRAL, PLACEHOLDER, Draft
from clinic.record import audit
from clinic.staff.models import LANGUAGES, User

Key = tuple[str, str, str]  # message, language, channel


class UnknownPlaceholder(ClinicError):
    code = "unknown-placeholder"
    text = _(
        "Nothing is known as {%(name)s} in this message. Choose one of those listed, or remove it."
    )


class LinkMissing(ClinicError):
    code = "link-missing"
    text = _("This message brings a link: put {%(name)s} where it shall stand.")


class BrokenPlaceholder(ClinicError):
    code = "broken-placeholder"
    text = _("A bracket is left over. Write placeholders like {clinic}, and no other brackets.")


class Telling(ClinicError):
    code = "telling"
    text = _(
        "Whoever reads over a shoulder learns from this why somebody comes: %(words)s. Say it "
        "behind the link, or confirm that it says nothing about health."
    )


def names() -> list[str]:
    """Every message there are words for; what is for colleagues and the machine comes last."""
    reminders = [row.id for row in load().reminders.values() if row.send]
    kinds = {row.kind.value for row in load().reminders.values()}
    return [*reminders, *(name for name in NEUTRAL if name not in kinds and name not in reminders)]


def versions(key: Key) -> QuerySet[Template]:
    message, language, channel = key
    rows = Template.objects.filter(message=message, language=language, channel=channel)
    return rows.order_by("-version")


def present(key: Key) -> Draft:
    """What this message says now in this language on this channel; version nought is ours."""
    own = versions(key).first()
    if own is None or not own.text:
        message, language, _channel = key
        given = wording.neutral(message).in_(language).strip()
        return Draft(own.version if own else 0, wording.TITLE.in_(language), given)
    return Draft(own.version, own.title or wording.TITLE.in_(key[1]), own.text)


@transaction.atomic
def change(key: Key, words: Draft, *, confirmed: bool = False, at: datetime, by: User) -> Template:
    """What it says from now on; whatever has gone out keeps its words. `words` names the version
    that was looked at."""
    overruled = check(key, words, confirmed=confirmed)
    return _written(key, words, overruled=overruled, at=at, by=by)


@transaction.atomic
def reset(key: Key, *, version: int, at: datetime, by: User) -> Template:
    """The words that come with us again."""
    return _written(key, Draft(version, "", ""), overruled=[], at=at, by=by)


def check(key: Key, words: Draft, *, confirmed: bool = False) -> list[str]:
    """Refuse what cannot be sent and what tells too much; what was overruled."""
    message, _language, channel = key
    known = wording.asked_for(message)
    for part in (words.title, words.text):
        for name in PLACEHOLDER.findall(part):
            if name not in known or (part is words.title and name != "clinic"):
                raise UnknownPlaceholder(name=name)
        if set(PLACEHOLDER.sub("", part)) & {"{", "}"}:
            raise BrokenPlaceholder
    for name in ("link", "url", "tasks"):
        if name in known and f"{{{name}}}" not in words.text:
            raise LinkMissing(name=name)
    title = words.title if channel == Channel.EMAIL else ""
    found = discretion.telling(PLACEHOLDER.sub(" . ", f"{title} . {words.text}"))
    if found and not confirmed:
        raise Telling(words=", ".join(found))
    return found


def is_known(key: Key) -> bool:
    message, language, channel = key
    return message in names() and language in dict(LANGUAGES) and channel in Channel.values


def _written(key: Key, words: Draft, *, overruled: list[str], at: datetime, by: User) -> Template:
    message, language, channel = key
    newest = versions(key).select_for_update().first()
    if (newest.version if newest else 0) != words.version:
        raise Stale
    with constraints_as(template_version_once=Stale):
        row = Template.objects.create(
            message=message,
            language=language,
            channel=channel,
            version=words.version + 1,
            title=words.title if channel == Channel.EMAIL else "",
            text=words.text,
            created_at=at,
            by_uuid=by.uuid,
            by_name=by.full_name,
        )
    audit.record(
        "message.words-changed" if words.text else "message.words-reset",
        row,
        at=at,
        by=by,
        message=message,
        language=language,
        channel=channel,
        version=row.version,
        overruled=len(overruled),
    )
    return row
