"""The clinic before anybody comes: places, rooms, staff with hours, products with lots."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from clinic.demo import cast
from clinic.staff import pins, places, setup, team
from clinic.staff.models import Location, Room, User
from clinic.staff.roles import Role
from consent import keys
from procedures import lots, products
from procedures.models import IngredientRole, Lot, Product
from procedures.products import Ingredient, Leaflet

OPENS, CLOSES = time(8), time(20)
FOUNDED = timedelta(days=400)  # before today


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What is printed after the start: one for every role."""

    role: str
    email: str
    password: str


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything the journeys need, by the name the files use."""

    now: datetime
    places: dict[str, Location] = field(default_factory=dict)
    rooms: dict[str, list[Room]] = field(default_factory=dict)
    staff: dict[str, User] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)

    @property
    def administrator(self) -> User:
        return self.staff["admin@clinic.example"]

    @property
    def lead(self) -> User:
        return self.staff["lead@clinic.example"]

    @property
    def second_lead(self) -> User:
        return self.staff["lead2@clinic.example"]

    @property
    def cosmetologist(self) -> User:
        return self.staff["cosmetologist@clinic.example"]

    @property
    def reception(self) -> User:
        return self.staff["reception@clinic.example"]


def build(now: datetime) -> Stage:
    """Open the clinic as it was founded some time ago."""
    book, at = cast.clinic(), now - FOUNDED
    stage = Stage(now=now)
    keys.ensure_key(at=now)
    _open(stage, book, at)
    _staff(stage, book, at)
    _shelves(stage, book, at)
    return stage


def logins() -> list[Login]:
    """One login for every member of staff of the file who works here; none in another clinic."""
    book = cast.clinic()
    here = set(User.objects.values_list("email", flat=True))
    return [
        Login(role=", ".join(row["roles"]), email=row["email"], password=book["password"])
        for row in book["staff"]
        if row["email"] in here
    ]


def _open(stage: Stage, book: dict[str, Any], at: datetime) -> None:
    first, *others = book["location"]
    boss = book["staff"][0]
    administrator = setup.start(boss["email"], boss["full_name"], at=at, **_fields(first))
    team.set_password(administrator, book["password"], at=at, by=None)
    stage.staff[boss["email"]] = administrator
    for row in others:
        places.open_location(at=at, by=administrator, **_fields(row))
    for row in book["location"]:
        location = Location.objects.get(name=row["name"])
        stage.places[location.name] = location
        stage.rooms[location.name] = [
            places.add_room(location, name, at=at, by=administrator) for name in row["rooms"]
        ]


def _fields(row: dict[str, Any]) -> Any:
    fields = {key: value for key, value in row.items() if key != "rooms"}
    hours = {key: time.fromisoformat(row[key]) for key in ("quiet_from", "quiet_until")}
    return fields | hours


def _staff(stage: Stage, book: dict[str, Any], at: datetime) -> None:
    for row in book["staff"][1:]:
        location = stage.places.get(row.get("location", ""))
        user = team.invite(
            row["email"],
            row["full_name"],
            [Role(role) for role in row["roles"]],
            at=at,
            by=stage.administrator,
            title=row.get("title", ""),
            location=location,
            language="en",
        )
        team.set_password(user, book["password"], at=at, by=None)
        pins.choose(user, book["pin"], at=at, by=user)
        if location is not None and row.get("works"):
            week = [(location, day, OPENS, CLOSES) for day in range(7)]
            places.set_hours(user, week, at=at, by=stage.administrator)
        stage.staff[row["email"]] = User.objects.get(pk=user.pk)


def _shelves(stage: Stage, book: dict[str, Any], at: datetime) -> None:
    for row in book["product"]:
        leaflet = Leaflet(
            name=row["name"],
            maker=row["maker"],
            registration=row["registration"],
            intradermal=row.get("intradermal", True),
            monotherapy=row.get("monotherapy", False),
            oil_emulsion=row.get("oil_emulsion", False),
            purpose=row["purpose"],
            ingredients=[
                *_composition(row["active"], IngredientRole.ACTIVE),
                *_composition(row["excipient"], IngredientRole.EXCIPIENT),
            ],
        )
        product = products.add(leaflet, at=at, by=stage.lead)
        stage.products[product.name] = product
        if number := row.get("lot"):
            expires = (stage.now + timedelta(days=300)).date()
            stage.lots[product.name] = lots.receive(
                product, number, expires_on=expires, units=200, at=at, by=stage.cosmetologist
            )


def _composition(lines: list[list[str]], role: IngredientRole) -> list[Ingredient]:
    return [
        Ingredient(text=text, ingredient=code, concentration=concentration, role=role)
        for text, code, concentration in lines
    ]
