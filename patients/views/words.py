"""Words that nothing matched: listed, reviewed, remembered by the clinic, taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import intake, synonyms
from patients.forms.words import ReviewForm, TakeBackForm
from patients.models import Answer, HistoryItem, HistoryKind, Patient, Synonym
from patients.models.statements import HistoryItemQuerySet
from patients.views.choices import candidates_for, harmless_for, meaning_of
from patients.views.door import language, patient_of, put_on_record

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Unread:
    """Words of one patient that wait for a meaning; `others` say the same in other charts."""

    patient: Patient
    text: str
    kind: HistoryKind
    others: int = 0
    item: HistoryItem | None = None


@require_GET
@requires(Permission.RECORD_CLINICAL)
def unresolved_list(request: StaffRequest) -> HttpResponse:
    """What people wrote that nothing matched, in all charts, the most frequent first."""
    rows = HistoryItem.objects.visible_to(request.user).unresolved()
    page = Paginator(_by_words(rows), A_PAGE).get_page(request.GET.get("page"))
    newest = rows.filter(pk__in=[one["item"] for one in page]).select_related("patient")
    shown = {row.pk: row for row in newest}
    lines = [
        {**one, "row": row, "kind_label": HistoryKind(one["kind"]).label}
        for one in page
        if (row := shown.get(one["item"]))
    ]
    return render(request, "patients/unresolved_list.html", {"page": page, "lines": lines})


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def history_review(request: StaffRequest, patient: UUID, item: UUID) -> HttpResponse:
    """Somebody who knows says what a statement means."""
    row = patient_of(request, patient)
    seen = HistoryItem.objects.visible_to(request.user).filter(none_known=False)
    said = get_object_or_404(seen.current().select_related("recorded_by"), uuid=item, patient=row)
    same = HistoryItem.objects.unresolved().filter(kind=said.kind, folded=said.folded)
    others = same.exclude(patient=row).values("patient").distinct().count()
    unread = Unread(row, said.text, HistoryKind(said.kind), others=others, item=said)

    def review(*, concept: str, remember: bool) -> object:
        return synonyms.review(said, concept, remember=remember, at=timezone.now(), by=request.user)

    return _reviewed(request, unread, review)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def note_review(request: StaffRequest, patient: UUID, question: str) -> HttpResponse:
    """The same of the words that stand beside an answer."""
    row = patient_of(request, patient)
    answer = intake.answers_now(row, at=timezone.now()).get(question)
    visible = Answer.objects.visible_to(request.user)
    if answer is None or not answer.note_counts or not visible.filter(pk=answer.pk).exists():
        raise Http404
    unread = Unread(row, answer.note, answer.note_kind)

    def review(*, concept: str, remember: bool) -> object:
        return synonyms.review_note(
            answer, concept, remember=remember, at=timezone.now(), by=request.user
        )

    return _reviewed(request, unread, review)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def word_suggest(request: StaffRequest, kind: str) -> HttpResponse:
    """Nearest meanings while somebody types. Posted, so that no address names an illness."""
    if kind not in HistoryKind.values:
        raise Http404
    chosen, typed = request.POST.get("concept", ""), request.POST.get("look", "")
    near = candidates_for(typed, kind, language(), chosen=chosen)
    context = {"near": near, "chosen": chosen}
    return render(request, "patients/review_choices.html", context)


@require_GET
@requires(Permission.RECORD_CLINICAL)
def synonym_list(request: StaffRequest) -> HttpResponse:
    """What the clinic has learnt, newest first, with what was taken back."""
    rows = Synonym.objects.visible_to(request.user).of_the_clinic().select_related("reviewed_by")
    rows = rows.select_related("taken_back_by").order_by("taken_back_at", "-reviewed_at", "-pk")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "patients/synonym_list.html", _known(request, page))


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGN_OFF)
def synonym_take_back(request: StaffRequest, synonym: UUID) -> HttpResponse:
    """A meaning that was wrong: whoever was understood by it is asked about again."""
    rows = Synonym.objects.visible_to(request.user).in_use()
    row = get_object_or_404(rows.select_related("reviewed_by"), uuid=synonym)
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            synonyms.take_back(row, reason, at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Taken back. What was understood by it waits for review."))
            return redirect("patients:synonym-list")
    context = {"synonym": row, "form": form, "meaning": meaning_of(row, language())}
    status = 422 if form.errors else 200
    return render(request, "patients/synonym_take_back.html", context, status=status)


def _by_words(rows: HistoryItemQuerySet) -> Any:
    """The same words of the same list together, and in how many charts they stand."""
    return (
        rows.values("folded", "kind")
        .annotate(
            charts=Count("patient", distinct=True),
            text=Min("text"),
            since=Min("recorded_at"),
            item=Max("pk"),
        )
        .order_by("-charts", "since", "folded", "kind")
    )


def _known(request: StaffRequest, page: Page[Synonym]) -> dict[str, object]:
    lines = [{"row": row, "meaning": meaning_of(row, language())} for row in page]
    return {"page": page, "lines": lines, "may_take_back": request.user.may(Permission.SIGN_OFF)}


def _reviewed(request: StaffRequest, unread: Unread, review: Callable[..., object]) -> HttpResponse:
    """Keep it, or show the page with what may be meant."""
    form = ReviewForm(request.POST if request.method == "POST" else None)
    looks = form.is_bound and form.looks
    if not looks and form.is_valid():
        try:
            review(**form.said())
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept: the words are understood from now on."))
            listed = request.GET.get("from") == "list"
            return redirect("patients:unresolved-list") if listed else redirect(unread.patient)
    return _review_page(request, unread, form, looks=looks)


def _review_page(
    request: StaffRequest, unread: Unread, form: ReviewForm, *, looks: bool
) -> HttpResponse:
    put_on_record(request, "words.viewed", unread.patient, at=timezone.now())
    chosen = str(form["concept"].value() or "")
    typed = str(form["look"].value() or "") or unread.text
    doctor = request.user.may(Permission.SIGN_OFF)
    context = {
        "patient": unread.patient,
        "unread": unread,
        "form": form,
        "near": candidates_for(typed, unread.kind, language(), chosen=chosen),
        "chosen": chosen,
        "harmless": harmless_for(unread.kind, language()) if doctor else None,
        "is_doctor": doctor,
    }
    status = 422 if form.is_bound and not looks else 200
    return render(request, "patients/history_review.html", context, status=status)
