"""The texts of messages: which there are, and one of them with its versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.letters import preview
from clinic.letters.forms import WordsForm
from clinic.messaging import own_words, wording
from clinic.messaging.models import Channel, Message, Template
from clinic.messaging.own_words import Key
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.models import LANGUAGES
from clinic.staff.roles import Permission

CHANNELS = [Channel.EMAIL, Channel.SMS, Channel.TELEGRAM]


@dataclass(frozen=True, slots=True)
class Line:
    """One message and how often the clinic has changed it, by channel and language."""

    name: str
    message: str
    versions: list[tuple[str, str, list[tuple[str, int]]]]


@requires(Permission.MANAGE_MESSAGES)
@require_safe
def words_list(request: StaffRequest) -> HttpResponse:
    own = {
        (row.message, row.language, row.channel): row.version if row.text else 0
        for row in Template.objects.order_by("version")
    }
    lines = [_line(name, own) for name in own_words.names()]
    return render(request, "letters/words_list.html", {"lines": lines})


@requires(Permission.MANAGE_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def words_edit(request: StaffRequest, message: str, language: str, channel: str) -> HttpResponse:
    key, at = _key(message, language, channel), timezone.now()
    if request.method != "POST":
        now = own_words.present(key)
        return _page(request, key, WordsForm(initial=now._asdict(), channel=channel), at=at)
    form = WordsForm(request.POST, channel=channel)
    if not form.is_valid():
        return _page(request, key, form, at=at, status=422)
    if "save" not in request.POST:
        return _page(request, key, form, at=at)
    try:
        confirmed = form.cleaned_data["confirmed"]
        own_words.change(key, form.words, confirmed=confirmed, at=at, by=request.user)
    except ClinicError as error:
        form.refuse(error)
        return _page(request, key, form, at=at, status=422)
    messages.success(request, _("Saved. Messages that go out from now on say this."))
    return redirect("letters:words-edit", *key)


@requires(Permission.MANAGE_MESSAGES)
@require_POST
def words_reset(request: StaffRequest, message: str, language: str, channel: str) -> HttpResponse:
    key = _key(message, language, channel)
    try:
        version = int(request.POST.get("version", ""))
        own_words.reset(key, version=version, at=timezone.now(), by=request.user)
    except ValueError:
        return HttpResponse(status=400)
    except ClinicError as error:
        return render(request, "409.html", {"error": str(error), "back": request.path}, status=409)
    messages.success(request, _("The words that come with the program are used again."))
    return redirect("letters:words-edit", *key)


def _line(name: str, own: Mapping[Key, int]) -> Line:
    languages = [code for code, _label in LANGUAGES]
    versions = [
        (one.value, str(one.label), [(code, own.get((name, code, one), 0)) for code in languages])
        for one in CHANNELS
    ]
    return Line(Message(message=name).name, name, versions)


def _key(message: str, language: str, channel: str) -> Key:
    key = (message, language, channel)
    if not own_words.is_known(key):
        raise Http404
    return key


def _page(
    request: StaffRequest, key: Key, form: WordsForm, *, at: datetime, status: int = 200
) -> HttpResponse:
    """The words, how they would arrive, and what they said before."""
    message, language, channel = key
    versions = own_words.versions(key)
    context = {
        "form": form,
        "name": Message(message=message).name,
        "key": {"message": message, "language": language, "channel": channel},
        "channel": Channel(channel).label,
        "languages": LANGUAGES,
        "channels": [(one.value, one.label) for one in CHANNELS],
        "versions": versions,
        "placeholders": sorted(wording.asked_for(message)),
        "place": place_of(request.user),
        **_preview(request, key, form, at=at),
    }
    return render(request, "letters/words_edit.html", context, status=status)


def _preview(
    request: StaffRequest, key: Key, form: WordsForm, *, at: datetime
) -> dict[str, object]:
    """What would arrive; what cannot be sent says why not."""
    bound = form.is_bound and not form.errors.get("text") and hasattr(form, "cleaned_data")
    words = form.words if bound and "text" in form.cleaned_data else own_words.present(key)
    patient = form.patient(request.user) if bound else None
    try:
        shown, size = preview.shown(key, words, patient=patient, at=at)
    except ClinicError as error:
        return {"fault": str(error), "patient": patient}
    return {"shown": shown, "size": size, "patient": patient}
