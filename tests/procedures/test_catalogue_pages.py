"""The catalogue at a screen: lists, lines that grow, boxes that arrive."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.staff.roles import Role
from procedures import products
from procedures.models import IngredientRole, Lot, Product
from procedures.products import Ingredient
from tests.factories.catalogue import VITAMIN_C, make_leaflet, make_lot, make_product
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db
LIST = reverse("procedures:product-list")
ADD = reverse("procedures:product-add")


def signed_in(role: Role = Role.CLINICAL_LEAD) -> Client:
    client = Client()
    client.force_login(make_staff(role))
    return client


def typed(*texts: str, **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it: the first line is active, the others are not."""
    data: dict[str, Any] = {
        "name": "Fictivit",
        "maker": "Fictional Pharma",
        "registration": "UA/1",
        "purpose": "Brighter skin",
        "intradermal": "true",
        "lines-TOTAL_FORMS": str(len(texts) + 1),
        "lines-INITIAL_FORMS": "0",
    }
    for number, text in enumerate((*texts, "")):
        data[f"lines-{number}-text"] = text
        data[f"lines-{number}-role"] = "excipient" if number else "active"
        data[f"lines-{number}-ingredient"] = ""
        data[f"lines-{number}-concentration"] = ""
    return data | changes


def test_the_list_shows_what_is_in_a_product_and_on_the_shelf() -> None:
    product = make_product(name="Fictivit")
    today = timezone.localdate()
    ago = timezone.now() - timedelta(days=100)
    for number, days in (("OLD", -1), ("SOON", 30), ("FRESH", 31)):
        make_lot(product, number=number, expires_on=today + timedelta(days=days), at=ago)
    page = signed_in(Role.RECEPTION).get(LIST)
    shelf = {lot.number: word for _product, lots in page.context["products"] for lot, word in lots}
    assert shelf == {"OLD": "expired", "SOON": "soon", "FRESH": ""}
    assert "Ascorbic acid" in page.content.decode()


def test_products_are_found_by_an_ingredient() -> None:
    heparin = Ingredient(text="Heparin", role=IngredientRole.ACTIVE)
    make_product(heparin, name="One")
    make_product(name="Other")
    page = signed_in().get(LIST, {"q": "hepar"})
    assert [product.name for product, _shelf in page.context["products"]] == ["One"]


def test_retired_products_stand_apart() -> None:
    product = make_product(name="Gone")
    client = signed_in()
    client.post(reverse("procedures:product-retire", args=[product.uuid]))
    assert [one.name for one, _ in client.get(LIST).context["products"]] == []
    page = client.get(LIST, {"show": "retired"})
    assert [one.name for one, _ in page.context["products"]] == ["Gone"]


def test_a_product_is_entered_line_by_line() -> None:
    data = typed("Ascorbic acid", "Water", **{"lines-0-ingredient": "vitamin c"})
    name = next(one for one in known() if "vitamin c" in one.casefold())
    data["lines-0-ingredient"] = name
    response = signed_in().post(ADD, data)
    assert response.status_code == 302
    lines = Product.objects.get().ingredients.order_by("pk")
    assert [(line.text, line.ingredient, line.role) for line in lines] == [
        ("Ascorbic acid", "ING-VITC", "active"),
        ("Water", "", "excipient"),
    ]


def known() -> list[str]:
    names: list[str] = signed_in().get(ADD).context["known"]
    return names


def test_more_lines_come_without_losing_what_was_typed() -> None:
    data = typed("Ascorbic acid", maker="", more="1")
    page = signed_in().post(ADD, data)
    editor = page.context["editor"]
    assert page.status_code == 200
    assert not Product.objects.exists()
    assert editor.form["name"].value() == "Fictivit"
    assert [line["text"].value() for line in editor.lines] == ["Ascorbic acid", None, None, None]
    assert "is-invalid" not in page.content.decode()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (typed("Ascorbic acid", maker=""), "maker"),
        (typed(), "active ingredient"),
        (typed("Ascorbic acid", **{"lines-0-ingredient": "Unobtainium"}), "Unobtainium"),
        (typed("", **{"lines-0-concentration": "5 %"}), "as it stands on the leaflet"),
        (typed("Ascorbic acid", name="Taken"), "already"),
        (typed("Ascorbic acid", "Water", "Water"), "stands twice"),
    ],
)
def test_a_mistake_is_shown_beside_what_was_typed(data: dict[str, Any], where: str) -> None:
    make_product(name="Taken")
    page = signed_in().post(ADD, data)
    assert page.status_code == 422
    assert where in page.content.decode()
    assert page.context["editor"].form["purpose"].value() == "Brighter skin"
    assert Product.objects.count() == 1


def test_a_correction_shows_what_stands_and_saves_what_was_typed() -> None:
    product = make_product(VITAMIN_C, name="Fictivit")
    client, url = signed_in(), reverse("procedures:product-edit", args=[product.uuid])
    editor = client.get(url).context["editor"]
    assert editor.lines[0]["text"].value() == "Ascorbic acid"
    client.post(url, typed("Ascorbic acid", "Water", version="1"))
    product.refresh_from_db()
    assert (product.maker, product.ingredients.count()) == ("Fictional Pharma", 2)


def test_a_correction_on_an_old_page_is_refused_and_keeps_what_was_typed() -> None:
    product = make_product(name="Fictivit")
    lead = make_staff(Role.CLINICAL_LEAD)
    leaflet = make_leaflet(name="Fictivit", maker="Meanwhile")
    products.edit(product, leaflet, version=1, at=timezone.now(), by=lead)
    url = reverse("procedures:product-edit", args=[product.uuid])
    page = signed_in().post(url, typed("Ascorbic acid", maker="Mine", version="1"))
    assert page.status_code == 422
    assert "Somebody changed this" in page.content.decode()
    assert page.context["editor"].form["maker"].value() == "Mine"
    product.refresh_from_db()
    assert product.maker == "Meanwhile"


def test_a_box_is_received_and_withdrawn() -> None:
    product = make_product()
    client = signed_in(Role.COSMETOLOGIST)
    receive = reverse("procedures:lot-receive", args=[product.uuid])
    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(receive, {"number": "A1", "expires_on": tomorrow, "units": "5"})
    lot = Lot.objects.get()
    assert (lot.number, lot.expires_on, lot.units) == ("A1", tomorrow, 5)
    withdraw = reverse("procedures:lot-withdraw", args=[lot.uuid])
    assert client.get(withdraw).status_code == 200
    assert client.post(withdraw).status_code == 422
    client.post(withdraw, {"why": "recalled by the maker"})
    lot.refresh_from_db()
    assert lot.withdrawn_at is not None


def test_a_box_that_is_past_its_date_is_refused_beside_what_was_typed() -> None:
    url = reverse("procedures:lot-receive", args=[make_product().uuid])
    yesterday = timezone.localdate() - timedelta(days=1)
    data = {"number": "A1", "expires_on": yesterday, "units": "5"}
    page = signed_in().post(url, data)
    assert page.status_code == 422
    assert page.context["form"]["number"].value() == "A1"
    assert "expires before" in page.content.decode()
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (Role.RECEPTION, "product-list", 200),
        (Role.RECEPTION, "product-add", 403),
        (Role.COSMETOLOGIST, "product-edit", 403),
        (Role.COSMETOLOGIST, "product-retire", 403),
        (Role.RECEPTION, "lot-receive", 403),
        (Role.AUDITOR, "lot-withdraw", 403),
        (Role.ADMINISTRATOR, "product-edit", 200),
    ],
)
def test_each_page_is_for_who_may(role: Role, name: str, status: int) -> None:
    product = make_product()
    subjects = {"product-list": [], "product-add": [], "lot-withdraw": [make_lot(product).uuid]}
    url = reverse(f"procedures:{name}", args=subjects.get(name, [product.uuid]))
    assert signed_in(role).get(url).status_code == status


@pytest.mark.parametrize("name", ["product-edit", "product-retire", "lot-receive", "lot-withdraw"])
def test_what_does_not_exist_is_not_found(name: str) -> None:
    nobody = make_staff().uuid
    assert signed_in().get(reverse(f"procedures:{name}", args=[nobody])).status_code == 404
