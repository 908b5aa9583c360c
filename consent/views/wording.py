"""The clinic's own wording: its versions, what differs, and the draft of the next one."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff import team
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.models import LANGUAGES
from clinic.staff.roles import Permission
from consent import drafting
from consent.comparing import Difference, differences
from consent.gaps import LISTS, WORDS
from consent.models import ConsentTemplate, WordingDraft
from consent.proofreading import PLAIN, grade, promises
from consent.text import ORDER, SIGNATURE
from consent.wording_forms import BlockForm, ProposeForm

BLOCKS = (*(key for key, _part, _needs in ORDER), SIGNATURE)
SHOWN = {key: part for key, part, _needs in ORDER}


@requires(Permission.SEE_RULES)
@require_GET
def wording_list(request: StaffRequest) -> HttpResponse:
    """Every version with who wanted it and who agreed, the newest first."""
    published = WordingDraft.objects.published().select_related("proposed_by", "published_by")
    drafts = {one.published_as: one for one in published}
    rows = [(row, drafts.get(row.version)) for row in _versions()]
    return render(request, "consent/wording_list.html", _around(request) | {"rows": rows})


@requires(Permission.SEE_RULES)
@require_GET
def wording_detail(request: StaffRequest, version: int) -> HttpResponse:
    """One version to read, the languages side by side."""
    templates = _templates(version)
    blocks = [
        (key, [(one.language, one.texts["blocks"].get(key)) for one in templates])
        for key in BLOCKS
        if key in templates[0].texts["blocks"]
    ]
    context = {"version": version, "blocks": blocks, **_around(request)}
    return render(request, "consent/wording_detail.html", context)


@requires(Permission.SEE_RULES)
@require_GET
def wording_compare(request: StaffRequest) -> HttpResponse:
    """What two versions say differently, word by word."""
    versions = [row.version for row in _versions()]
    asked = [_number(request.GET.get(name), versions) for name in ("from", "to")]
    one, other = asked[0] or versions[-1], asked[1] or versions[0]
    before, after = ({t.language: t for t in _templates(n)} for n in (one, other))
    found = [
        difference
        for code in drafting.CODES
        for difference in differences(
            before[code].texts["blocks"], after[code].texts["blocks"], code
        )
    ]
    found.sort(key=_place)
    context = {"one": one, "other": other, "differences": found, "versions": versions}
    return render(request, "consent/wording_compare.html", context)


@requires(Permission.MANAGE_RULES)
@require_POST
def wording_start(request: StaffRequest) -> HttpResponse:
    draft = drafting.start(at=timezone.now(), by=request.user)
    return redirect("consent:wording-draft", wording=draft.uuid)


@requires(Permission.SEE_RULES)
@require_GET
def wording_draft(request: StaffRequest, wording: UUID) -> HttpResponse:
    """What the draft changes, what is marked in it, and the way to publish it."""
    row = _draft(wording)
    form = ProposeForm(initial={"version": row.version, "reason": row.reason})
    return _draft_page(request, row, form)


@requires(Permission.MANAGE_RULES)
@require_http_methods(["GET", "POST"])
def wording_write(request: StaffRequest, wording: UUID, block: str) -> HttpResponse:
    """One part, in all languages side by side."""
    row = _draft(wording)
    if block not in row.blocks[drafting.CODES[0]] or row.closed_at:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = BlockForm(data, draft=row, key=block)
    if _written(request, row, block, form):
        messages.success(request, _("Saved in the draft. Nothing has changed for patients yet."))
        return redirect("consent:wording-write", wording=row.uuid, block=block)
    status = 422 if form.errors else 200
    return render(request, "consent/wording_write.html", _writing(row, block, form), status=status)


@requires(Permission.MANAGE_RULES)
@require_POST
def wording_propose(request: StaffRequest, wording: UUID) -> HttpResponse:
    """Ask the second lead; a sole lead publishes with it."""
    row, form = _draft(wording), ProposeForm(request.POST)

    def propose() -> object:
        said = form.cleaned_data
        return drafting.propose(
            row,
            said["reason"],
            read=said["read"],
            version=said["version"],
            at=timezone.now(),
            by=request.user,
        )

    return _done(request, row, form, propose)


@requires(Permission.MANAGE_RULES)
@require_POST
def wording_publish(request: StaffRequest, wording: UUID) -> HttpResponse:
    """The second lead agrees to exactly what was on the screen."""
    row = _draft(wording)
    form = ProposeForm({"version": request.POST.get("version"), "reason": row.reason})

    def publish() -> object:
        version = form.cleaned_data["version"]
        return drafting.publish(row, version=version, at=timezone.now(), by=request.user)

    return _done(request, row, form, publish)


@requires(Permission.MANAGE_RULES)
@require_POST
def wording_give_up(request: StaffRequest, wording: UUID) -> HttpResponse:
    """Close it without publishing; it stays to be read."""
    row = _draft(wording)
    form = ProposeForm({"version": row.version, "reason": row.reason or "-"})

    def give_up() -> object:
        return drafting.give_up(row, at=timezone.now(), by=request.user)

    return _done(request, row, form, give_up)


def _done(
    request: StaffRequest, row: WordingDraft, form: ProposeForm, act: Callable[[], object]
) -> HttpResponse:
    """Back to the draft, with what came of it or what stands in the way."""
    if form.is_valid():
        try:
            act()
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _outcome(_draft(row.uuid)))
            return redirect("consent:wording-draft", wording=row.uuid)
    return _draft_page(request, _draft(row.uuid), form)


def _outcome(row: WordingDraft) -> str:
    if row.published_as:
        return str(_("Published. Consents offered from now on say this."))
    return str(_("Given up.") if row.closed_at else _("Proposed. Another lead publishes it."))


def _written(request: StaffRequest, row: WordingDraft, block: str, form: BlockForm) -> bool:
    if not form.is_valid():
        return False
    version, at = form.cleaned_data["version"], timezone.now()
    try:
        drafting.write(row, block, form.blocks(), version=version, at=at, by=request.user)
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    return True


def _writing(row: WordingDraft, block: str, form: BlockForm) -> dict[str, object]:
    said = {code: "\n".join(row.blocks[code][block]["text"]) for code in drafting.CODES}
    found = grade(said["en"])
    return {
        "row": row,
        "block": block,
        "heading": row.blocks[drafting.CODES[0]][block]["heading"],
        "form": form,
        "part": SHOWN.get(block, ""),
        "grade": found,
        "hard": found is not None and found > PLAIN,
        "promises": [(code, one) for code in said for one in promises(said[code], code)],
        "uneven": len({len(row.blocks[code][block]["text"]) for code in drafting.CODES}) > 1,
        "words": WORDS,
        "lists": LISTS,
    }


def _draft_page(request: StaffRequest, row: WordingDraft, form: ProposeForm) -> HttpResponse:
    english = row.blocks[drafting.CODES[0]]
    found = drafting.changed(row)
    touched = {one.key for one in found}
    context = {
        "row": row,
        "form": form,
        "blocks": [
            (key, english[key]["heading"], key in touched) for key in BLOCKS if key in english
        ],
        "differences": sorted(found, key=_place),
        "promises": [
            (f"{where.heading}, {where.language}", one) for where, one in drafting.promised(row)
        ],
        "others": [one for one in team.leads() if one.pk != request.user.pk],
        "mine": row.proposed_by_id == request.user.pk,
        **_around(request),
    }
    status = 422 if form.errors else 200
    return render(request, "consent/wording_draft.html", context, status=status)


def _place(one: Difference) -> tuple[int, int]:
    """As it is read: part by part, the languages of a part together."""
    return BLOCKS.index(one.key), drafting.CODES.index(one.language)


def _around(request: StaffRequest) -> dict[str, object]:
    return {
        "draft": drafting.open_draft(),
        "may_change": request.user.may(Permission.MANAGE_RULES),
        "place": place_of(request.user),
        "languages": dict(LANGUAGES),
    }


def _draft(uuid: UUID) -> WordingDraft:
    rows = WordingDraft.objects.select_related("started_by", "proposed_by", "published_by")
    return get_object_or_404(rows, uuid=uuid)


def _versions() -> list[ConsentTemplate]:
    """Those that every language has; one row stands for all."""
    rows = ConsentTemplate.objects.filter(language=drafting.CODES[0])
    return list(rows.order_by("-version"))


def _templates(version: int) -> list[ConsentTemplate]:
    rows = {row.language: row for row in ConsentTemplate.objects.filter(version=version)}
    if not rows.keys() >= set(drafting.CODES):
        raise Http404
    return [rows[code] for code in drafting.CODES]


def _number(asked: str | None, versions: list[int]) -> int | None:
    found = {str(number): number for number in versions}
    return found.get(asked or "")
