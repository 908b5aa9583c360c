"""The catalogue: a product is what its leaflet says, entered once and corrected openly."""

from datetime import timedelta

import pytest

from clinic.errors import ClinicError, Stale
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import products
from procedures.models import IngredientRole, Product
from procedures.products import (
    Ingredient,
    IngredientTwice,
    Leaflet,
    NoComposition,
    NoName,
    ProductExists,
    UnknownIngredient,
)
from tests.factories.catalogue import SALINE, VITAMIN_C, make_leaflet, make_product
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def composition(product: Product) -> list[str]:
    return sorted(product.ingredients.values_list("text", flat=True))


def test_a_product_is_added_with_its_whole_composition(lead: User) -> None:
    product = products.add(make_leaflet(VITAMIN_C, SALINE), at=NOW, by=lead)
    assert composition(product) == ["Ascorbic acid", "Sodium chloride 0.9%"]
    assert AuditEntry.objects.filter(action="product.added", subject_uuid=product.uuid).exists()


def test_blanks_around_what_was_typed_are_dropped(lead: User) -> None:
    line = Ingredient(text=" Ascorbic acid ", role=IngredientRole.ACTIVE, concentration=" 5 % ")
    product = products.add(make_leaflet(line, name=" Fictivit "), at=NOW, by=lead)
    kept = product.ingredients.get()
    assert (product.name, kept.text, kept.concentration) == ("Fictivit", "Ascorbic acid", "5 %")


def test_a_name_is_taken_once(lead: User) -> None:
    make_product(name="Fictivit")
    with pytest.raises(ProductExists):
        products.add(make_leaflet(name="Fictivit"), at=NOW, by=lead)
    assert Product.objects.filter(name="Fictivit").count() == 1


def test_a_product_without_a_name_is_refused(lead: User) -> None:
    with pytest.raises(NoName):
        products.add(make_leaflet(name="  "), at=NOW, by=lead)


def test_an_ingredient_stands_once_in_a_composition(lead: User) -> None:
    with pytest.raises(IngredientTwice):
        products.add(make_leaflet(VITAMIN_C, VITAMIN_C, name="Twice"), at=NOW, by=lead)
    assert not Product.objects.filter(name="Twice").exists()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([SALINE], NoComposition),
        ([VITAMIN_C, Ingredient(text="X", role=IngredientRole.EXCIPIENT, ingredient="ING-NO")],
         UnknownIngredient),
    ],
)  # fmt: skip
def test_a_leaflet_names_an_active_ingredient_and_only_what_the_knowledge_has(
    lines: list[Ingredient], error: type[ClinicError]
) -> None:
    with pytest.raises(error):
        make_leaflet(*lines)


def test_a_correction_replaces_the_composition(lead: User) -> None:
    product = make_product(VITAMIN_C, SALINE)
    leaflet = make_leaflet(VITAMIN_C, name=product.name, purpose="Something else")
    edited = products.edit(product, leaflet, version=1, at=LATER, by=lead)
    assert composition(edited) == ["Ascorbic acid"]
    assert (edited.purpose, edited.version) == ("Something else", 2)


def test_a_correction_on_an_old_page_is_refused_and_changes_nothing(lead: User) -> None:
    product = make_product()
    leaflet = make_leaflet(name=product.name, maker="First")
    products.edit(product, leaflet, version=1, at=LATER, by=lead)
    with pytest.raises(Stale):
        products.edit(product, make_leaflet(name=product.name), version=1, at=LATER, by=lead)
    product.refresh_from_db()
    assert product.maker == "First"


def test_a_correction_does_not_take_another_products_name(lead: User) -> None:
    product, other = make_product(), make_product()
    leaflet: Leaflet = make_leaflet(name=other.name)
    with pytest.raises(ProductExists):
        products.edit(product, leaflet, version=1, at=LATER, by=lead)


def test_a_retired_product_leaves_the_list_and_keeps_its_first_day(lead: User) -> None:
    product = products.retire(make_product(), at=NOW, by=lead)
    assert not Product.objects.in_use().filter(pk=product.pk).exists()
    assert products.retire(product, at=LATER, by=lead).retired_at == NOW
