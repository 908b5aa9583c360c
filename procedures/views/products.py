"""The catalogue: products with their composition, and the lots on the shelf."""

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from procedures import lots, products
from procedures.forms.lines import MORE
from procedures.forms.products import LotForm, ProductEditor, WithdrawForm, known_ingredients
from procedures.models import Lot, Product, ProductIngredient

SOON = timedelta(days=30)


@require_GET
@requires(Permission.SEE_CATALOGUE)
def product_list(request: StaffRequest) -> HttpResponse:
    """What may be injected, what is in it, and what stands on the shelf."""
    today = timezone.localdate(timezone.now())
    words, retired = request.GET.get("q", "").strip(), request.GET.get("show") == "retired"
    rows = Product.objects.visible_to(request.user).filter(retired_at__isnull=not retired)
    if words:
        named = Q(name__icontains=words) | Q(maker__icontains=words)
        rows = rows.filter(named | Q(ingredients__text__icontains=words)).distinct()
    composition = ProductIngredient.objects.order_by("role", "pk")
    shelf = Lot.objects.filter(withdrawn_at=None).order_by("expires_on", "pk")
    shown = rows.prefetch_related(Prefetch("ingredients", composition), Prefetch("lots", shelf))
    context = {
        "products": [(row, shelf_of(row, today)) for row in shown.order_by("name", "pk")],
        "words": words,
        "retired": retired,
        "may_manage": request.user.may(Permission.MANAGE_CATALOGUE),
        "may_stock": request.user.may(Permission.MANAGE_STOCK),
    }
    return render(request, "procedures/product_list.html", context)


def shelf_of(product: Product, today: date) -> list[tuple[Lot, str]]:
    """The lots that were not withdrawn, each with how its date stands: expired, soon or empty."""
    soon = {lot for lot in product.lots.all() if lot.expires_on <= today + SOON}
    gone = {lot for lot in soon if lot.expires_on < today}
    words = {True: "expired", False: "soon"}
    return [(lot, words[lot in gone] if lot in soon else "") for lot in product.lots.all()]


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def product_add(request: StaffRequest) -> HttpResponse:
    """A product as its leaflet describes it."""
    editor = ProductEditor.of(None)
    if request.method == "POST":
        editor = ProductEditor.posted(request.POST, None)
        if MORE in request.POST:
            return editor_page(request, editor.with_more_lines(), None)
        if saved(request, editor, None):
            messages.success(request, _("Product added. Receive its first lot when it arrives."))
            return redirect("procedures:product-list")
    return editor_page(request, editor, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def product_edit(request: StaffRequest, product: UUID) -> HttpResponse:
    """Correct the leaflet; plans that name the product are screened and consented anew."""
    row = get_object_or_404(Product.objects.visible_to(request.user), uuid=product)
    editor = ProductEditor.of(row)
    if request.method == "POST":
        editor = ProductEditor.posted(request.POST, row)
        if MORE in request.POST:
            return editor_page(request, editor.with_more_lines(), row)
        if saved(request, editor, row):
            messages.success(request, _("Product changed. Plans with it are screened anew."))
            return redirect("procedures:product-list")
    return editor_page(request, editor, row)


def saved(request: StaffRequest, editor: ProductEditor, product: Product | None) -> bool:
    """Whether it went through; else the form says what stands in the way."""
    if not editor.is_valid():
        return False
    at, by = timezone.now(), request.user
    try:
        if product is None:
            products.add(editor.leaflet(), at=at, by=by)
        else:
            version = editor.form.cleaned_data["version"] or 0
            products.edit(product, editor.leaflet(), version=version, at=at, by=by)
    except ClinicError as error:
        editor.form.add_error(None, str(error))
        return False
    return True


def editor_page(
    request: StaffRequest, editor: ProductEditor, product: Product | None
) -> HttpResponse:
    wrong = editor.form.is_bound
    context = {
        "editor": editor,
        "product": Product.objects.get(pk=product.pk) if product else None,
        "known": known_ingredients(),
    }
    status = 422 if wrong else 200
    return render(request, "procedures/product_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
def product_retire(request: StaffRequest, product: UUID) -> HttpResponse:
    """Asks once, then no new plan may name it."""
    row = get_object_or_404(Product.objects.visible_to(request.user).in_use(), uuid=product)
    if request.method == "POST":
        products.retire(row, at=timezone.now(), by=request.user)
        messages.success(request, _("Retired: no new plan may name it."))
        return redirect("procedures:product-list")
    return render(request, "procedures/product_retire.html", {"product": row})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STOCK)
def lot_receive(request: StaffRequest, product: UUID) -> HttpResponse:
    """A delivered box; the code on it fills in what it says."""
    row = get_object_or_404(Product.objects.visible_to(request.user).in_use(), uuid=product)
    form = LotForm(request.POST if request.method == "POST" else None, product=row)
    if form.is_valid() and received(request, row, form):
        messages.success(request, _("Lot received."))
        return redirect("procedures:product-list")
    context = {"product": row, "form": form}
    return render(
        request, "procedures/lot_receive.html", context, status=422 if form.errors else 200
    )


def received(request: StaffRequest, product: Product, form: LotForm) -> bool:
    said = form.cleaned_data
    try:
        lots.receive(
            product,
            said["number"],
            expires_on=said["expires_on"],
            units=said["units"],
            at=timezone.now(),
            by=request.user,
        )
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    return True


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STOCK)
def lot_withdraw(request: StaffRequest, lot: UUID) -> HttpResponse:
    """Asks once, then nobody can lay it out any more."""
    row = get_object_or_404(Lot.objects.visible_to(request.user), uuid=lot)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        lots.withdraw(row, form.cleaned_data["why"], at=timezone.now(), by=request.user)
        messages.success(request, _("Lot withdrawn: nobody can use it any more."))
        return redirect("procedures:lot-detail", lot=row.uuid)
    context = {"lot": row, "form": form, "treated": lots.treated_with(row).count()}
    status = 422 if form.errors else 200
    return render(request, "procedures/lot_withdraw.html", context, status=status)
