"""Conditions, allergies and medicines: stated, corrected, ended, withdrawn."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.knowledge.resolver import suggest
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import history, meaning
from patients.forms.history import CorrectionForm, EndForm, HistoryForm
from patients.models import Asserter, HistoryItem, HistoryKind, Patient, Verification
from patients.views.door import language, patient_of

FIELDS = ("concept", "status", "onset_date", "end_date", "asserted_by")


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def history_add(request: StaffRequest, patient: UUID) -> HttpResponse:
    row = patient_of(request, patient)
    data = request.POST if request.method == "POST" else None
    form = HistoryForm(data, initial={"kind": request.GET.get("kind")}, user=request.user)
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in FIELDS}
        kind, text = form.cleaned_data["kind"], form.cleaned_data["text"]
        try:
            item = history.add(row, kind, text, at=timezone.now(), by=request.user, **said)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, item)
            return redirect(row)
    context = {"form": form, "patient": row, **_meaning(form, str(form["kind"].value() or ""))}
    status = 422 if form.errors else 200
    return render(request, "patients/history_add.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def history_correct(request: StaffRequest, patient: UUID, item: UUID) -> HttpResponse:
    row, said = _item(request, patient, item)
    data = request.POST if request.method == "POST" else None
    form = CorrectionForm(data, item=said, user=request.user)
    if form.is_valid():
        changes = {name: form.cleaned_data[name] for name in ("text", *FIELDS)}
        try:
            new = history.correct(said, at=timezone.now(), by=request.user, **changes)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, new)
            return redirect(row)
    return _correction_page(request, row, said, form, EndForm())


@require_POST
@requires(Permission.RECORD_CLINICAL)
def history_end(request: StaffRequest, patient: UUID, item: UUID) -> HttpResponse:
    row, said = _item(request, patient, item)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            history.end(said, form.cleaned_data["on"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Ended. It stays in the history."))
            return redirect(row)
    return _correction_page(request, row, said, CorrectionForm(item=said, user=request.user), form)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def history_withdraw(request: StaffRequest, patient: UUID, item: UUID) -> HttpResponse:
    row, said = _item(request, patient, item)
    refuted = request.POST.get("because") == Verification.REFUTED
    try:
        history.withdraw(
            said,
            "refuted" if refuted else "entered-in-error",
            at=timezone.now(),
            by=request.user,
        )
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("Withdrawn. Why and by whom stays on record."))
    return redirect(row)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def history_none(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Asked, and none known: of one of the three lists."""
    row = patient_of(request, patient)
    kind = request.POST.get("kind", "")
    if kind not in HistoryKind.values:
        return redirect(row)
    try:
        history.assert_none(
            row, kind, asserted_by=Asserter.PATIENT, at=timezone.now(), by=request.user
        )
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("Recorded: asked, none known."))
    return redirect(row)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def history_suggest(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What is understood while somebody types. Posted, so that no address names an illness."""
    patient_of(request, patient)
    context = _understood(request.POST.get("text", ""), request.POST.get("kind", ""))
    return render(request, "patients/history_meaning.html", context)


def _item(request: StaffRequest, patient: UUID, item: UUID) -> tuple[Patient, HistoryItem]:
    row = patient_of(request, patient)
    items = HistoryItem.objects.visible_to(request.user).filter(none_known=False)
    return row, get_object_or_404(items, uuid=item, patient=row)


def _tell(request: StaffRequest, item: HistoryItem) -> None:
    """Whether the words were understood, at once."""
    concepts = meaning.understood(item.text, item.concept, among=meaning.vocabulary_of(item.kind))
    if concepts:
        labels = ", ".join(concept.label.in_(language()) for concept in concepts)
        messages.success(request, _("Recorded. Understood as: %(labels)s.") % {"labels": labels})
    else:
        messages.warning(request, _("Recorded. Not recognised: the doctor will review it."))


def _understood(text: str, kind: str, chosen: str = "") -> dict[str, object]:
    """What the words mean, what else may be meant, and what somebody chose of that."""
    words, kinds = meaning.vocabulary_of(kind), meaning.KINDS.get(kind)
    meant = meaning.understood(text, among=words)
    found = suggest(text, n=6, kinds=kinds, among=words) if text else ()
    near = [one for one in found if one not in meant]
    picked = words.by_id.get(chosen)
    if picked and picked not in (*meant, *near):
        near.insert(0, picked)
    return {
        "typed": text.strip(),
        "meant": [one.label.in_(language()) for one in meant],
        "near": [{"id": one.id, "label": one.label.in_(language())} for one in near],
        "chosen": chosen if any(one.id == chosen for one in near) else "",
    }


def _meaning(form: forms.Form, kind: str) -> dict[str, object]:
    text, concept = form["text"].value() or "", form["concept"].value() or ""
    return _understood(str(text), kind, str(concept))


def _correction_page(
    request: StaffRequest, patient: Patient, item: HistoryItem, form: CorrectionForm, end: EndForm
) -> HttpResponse:
    context = {"form": form, "end_form": end, "patient": patient, "item": item}
    context |= _meaning(form, item.kind)
    status = 422 if form.errors or end.errors else 200
    return render(request, "patients/history_correct.html", context, status=status)


def _refused(request: StaffRequest, patient: Patient, error: ClinicError) -> HttpResponse:
    back = patient.get_absolute_url() or reverse("patients:patient-list")
    return render(request, "409.html", {"error": str(error), "back": back}, status=409)
