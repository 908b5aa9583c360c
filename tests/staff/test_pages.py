"""The administration's pages: who may open them, what they keep, what they refuse."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from clinic.record import audit
from clinic.record.models import AuditEntry
from clinic.staff import team
from clinic.staff.models import Location, Room, TimeOff, User, WorkingHours
from clinic.staff.roles import Role
from tests.factories.staff import make_location, make_room, make_staff, make_working_hours

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make_staff(Role.ADMINISTRATOR, full_name="Fictional Administrator")


@pytest.fixture
def desk(client: Client, administrator: User) -> Client:
    """The administrator's browser."""
    client.force_login(administrator)
    return client


def page(name: str, *rows: User | Location | Room | TimeOff) -> str:
    return reverse(f"staff:{name}", args=[row.uuid for row in rows])


def time_off() -> TimeOff:
    span = TimestamptzRange(NOW, NOW + timedelta(days=1))
    return TimeOff.objects.create(user=make_staff(), span=span)


PAGES: list[tuple[str, str, Callable[[], tuple[User | Location | Room | TimeOff, ...]]]] = [
    ("get", "user-list", lambda: ()),
    ("get", "user-invite", lambda: ()),
    ("get", "user-edit", lambda: (make_staff(),)),
    ("post", "user-roles", lambda: (make_staff(),)),
    ("post", "user-link", lambda: (make_staff(),)),
    ("post", "user-reset-second-factor", lambda: (make_staff(),)),
    ("post", "user-reactivate", lambda: (make_staff(is_active=False),)),
    ("get", "hours-edit", lambda: (make_staff(location=make_location()),)),
    ("get", "time-off-add", lambda: (make_staff(),)),
    ("post", "time-off-cancel", lambda: (time_off(),)),
    ("get", "location-list", lambda: ()),
    ("get", "location-add", lambda: ()),
    ("get", "location-edit", lambda: (make_location(),)),
    ("post", "location-close", lambda: (make_location(),)),
    ("get", "room-add", lambda: (make_location(),)),
    ("get", "room-edit", lambda: (make_room(),)),
    ("post", "room-close", lambda: (make_room(),)),
    ("get", "audit-list", lambda: ()),
]
IDS = [name for _method, name, _rows in PAGES]


@pytest.mark.parametrize(("method", "name", "rows"), PAGES, ids=IDS)
def test_an_administrator_is_let_in(
    desk: Client, method: str, name: str, rows: Callable[[], tuple[User, ...]]
) -> None:
    answer = getattr(desk, method)(page(name, *rows()))
    assert answer.status_code in ({200} if method == "get" else {302, 409, 422})


@pytest.mark.parametrize(("method", "name", "rows"), PAGES, ids=IDS)
def test_others_are_not(
    client: Client, method: str, name: str, rows: Callable[[], tuple[User, ...]]
) -> None:
    url = page(name, *rows())
    assert getattr(client, method)(url).status_code == 302, "signed out"
    for role in (Role.RECEPTION, Role.COSMETOLOGIST, Role.CLINICAL_LEAD):
        client.force_login(make_staff(role))
        assert getattr(client, method)(url).status_code == 403


def test_an_auditor_reads_the_trail_and_manages_nothing(client: Client) -> None:
    client.force_login(make_staff(Role.AUDITOR))
    assert client.get(page("audit-list")).status_code == 200
    assert client.get(page("user-list")).status_code == 403


@pytest.mark.parametrize("name", ["user-edit", "location-edit", "room-edit", "hours-edit"])
def test_an_unknown_identifier_is_not_found(desk: Client, name: str) -> None:
    assert desk.get(reverse(f"staff:{name}", args=[uuid4()])).status_code == 404


def test_the_link_of_an_invitation_is_mailed_and_shown_once(desk: Client) -> None:
    place = make_location()
    answer = desk.post(
        page("user-invite"),
        {
            "full_name": "Newcomer <img onerror=x>",
            "email": "new@clinic.example",
            "roles": ["reception", "auditor"],
            "location": place.pk,
            "language": "uk",
        },
        follow=True,
    )
    user = User.objects.get(email="new@clinic.example")
    assert (user.roles, user.location, user.language) == (["reception", "auditor"], place, "uk")
    (letter,) = mail.outbox
    path = "/account/password/reset/key/"
    shown = answer.content.decode()
    assert path in shown
    assert path in letter.body
    assert "<img onerror" not in shown
    assert path not in desk.get(page("user-edit", user)).content.decode()


def test_a_wrong_invitation_keeps_what_was_typed(desk: Client) -> None:
    make_staff(email="taken@clinic.example")
    typed = {"full_name": "Typed Name", "email": "nonsense", "language": "en"}
    answer = desk.post(page("user-invite"), typed)
    assert answer.status_code == 422
    assert "Typed Name" in answer.content.decode()
    assert {"email", "roles"} <= set(answer.context["form"].errors)
    typed |= {"email": "Taken@clinic.example", "roles": "reception"}
    answer = desk.post(page("user-invite"), typed)
    assert answer.status_code == 422
    assert "already signs in with this address" in answer.content.decode()


def details(user: User, **changes: object) -> dict[str, object]:
    fields = ("full_name", "title", "email", "language", "version")
    return {name: getattr(user, name) for name in fields} | changes


def test_a_colleague_is_corrected(desk: Client) -> None:
    user = make_staff()
    answer = desk.post(page("user-edit", user), details(user, full_name="Corrected Name"))
    assert answer.status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.version) == ("Corrected Name", 2)


def test_a_stale_page_is_refused_and_says_what_it_says_now(desk: Client) -> None:
    user = make_staff(full_name="First Name")
    mine, theirs = details(user, full_name="Mine"), details(user, full_name="Theirs")
    desk.post(page("user-edit", user), theirs)
    answer = desk.post(page("user-edit", user), mine)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody changed this in the meantime" in shown
    assert "Now it says: Theirs" in shown
    assert 'value="Mine"' in shown
    again = mine | {"version": answer.context["details"]["version"].value()}
    assert desk.post(page("user-edit", user), again).status_code == 302
    user.refresh_from_db()
    assert user.full_name == "Mine"


def test_roles_are_changed_and_the_last_administrator_kept(
    desk: Client, administrator: User
) -> None:
    user = make_staff()
    typed = {"version": 1, "roles": ["cosmetologist", "clinical-lead"]}
    assert desk.post(page("user-roles", user), typed).status_code == 302
    user.refresh_from_db()
    assert user.roles == ["cosmetologist", "clinical-lead"]
    answer = desk.post(page("user-roles", administrator), {"version": 1, "roles": "auditor"})
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()
    assert desk.post(page("user-roles", user), {"version": 2}).status_code == 422


def test_a_new_link_comes_only_for_who_still_works_here(desk: Client) -> None:
    user = make_staff()
    assert "/reset/key/" in desk.post(page("user-link", user), follow=True).content.decode()
    gone = make_staff(is_active=False)
    assert desk.post(page("user-link", gone)).status_code == 404


def test_a_second_factor_is_reset_but_not_ones_own(desk: Client, administrator: User) -> None:
    user = make_staff(Role.CLINICAL_LEAD)
    for person in (user, administrator):
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert desk.post(page("user-reset-second-factor", user)).status_code == 302
    assert not team.has_second_factor(user)
    assert desk.post(page("user-reset-second-factor", administrator)).status_code == 409
    assert team.has_second_factor(administrator)


def slot(prefix: str, starts: str, ends: str, place: Location) -> dict[str, object]:
    values = {"starts": starts, "ends": ends, "location": place.pk}
    return {f"{prefix}-{name}": value for name, value in values.items()}


def test_a_week_is_entered_with_a_break(desk: Client) -> None:
    place, user = make_location(), make_staff()
    make_working_hours(user, place, weekdays=(6,))
    typed = {"version": 1} | slot("0-0", "08:00", "12:00", place)
    typed |= slot("0-1", "13:00", "17:00", place) | slot("3-0", "", "", place)
    assert desk.post(page("hours-edit", user), typed).status_code == 302
    spans = WorkingHours.objects.order_by("weekday", "starts").values_list("weekday", "starts")
    assert [(day, starts.hour) for day, starts in spans] == [(0, 8), (0, 13)]


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [("12:00", "08:00", "ends before"), ("12:00", "", "Until when"), ("x", "13:00", "valid time")],
)
def test_an_impossible_span_is_shown_beside_its_field(
    desk: Client, starts: str, ends: str, words: str
) -> None:
    place, user = make_location(), make_staff()
    make_working_hours(user, place, weekdays=(6,))
    typed = {"version": 1} | slot("0-0", starts, ends, place)
    answer = desk.post(page("hours-edit", user), typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert WorkingHours.objects.get().weekday == 6


def test_an_empty_submission_of_the_week_is_refused(desk: Client) -> None:
    user = make_staff()
    make_working_hours(user, make_location(), weekdays=(6,))
    assert desk.post(page("hours-edit", user), {}).status_code == 422
    assert WorkingHours.objects.exists()


def test_overlapping_spans_are_refused(desk: Client) -> None:
    place, user = make_location(), make_staff()
    typed = {"version": 1} | slot("0-0", "08:00", "12:00", place)
    typed |= slot("0-1", "11:00", "13:00", place)
    answer = desk.post(page("hours-edit", user), typed)
    assert answer.status_code == 422
    assert "overlap" in answer.content.decode()


def test_time_off_is_whole_days_on_the_location_s_clock(desk: Client) -> None:
    user = make_staff(location=make_location(time_zone="Asia/Almaty"))
    typed = {"first": "2026-07-01", "last": "2026-07-02"}
    assert desk.post(page("time-off-add", user), typed).status_code == 302
    span = TimeOff.objects.get().span
    assert (span.lower, span.upper) == (
        datetime(2026, 6, 30, 19, tzinfo=UTC),
        datetime(2026, 7, 2, 19, tzinfo=UTC),
    )
    answer = desk.post(page("time-off-add", user), typed)
    assert answer.status_code == 422
    assert "already time off" in answer.content.decode()


def test_time_off_backwards_is_refused(desk: Client) -> None:
    user = make_staff()
    for typed in (
        {"first": "2026-07-02", "last": "2026-07-01"},
        {"first": "2026-07-01", "last": "2026-07-01", "starts": "12:00", "ends": "08:00"},
    ):
        answer = desk.post(page("time-off-add", user), typed)
        assert answer.status_code == 422
        assert "before" in answer.content.decode()
    assert not TimeOff.objects.exists()


def location_fields(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": "Riverside",
        "legal_name": "Fictional Clinic Ltd",
        "licence": "No. 1",
        "address": "2 Imaginary Street",
        "phone": "+380440000003",
        "urgent_phone": "+380440000004",
        "emergency_number": "112",
        "time_zone": "Europe/Kyiv",
        "language": "uk",
        "quiet_from": "21:00",
        "quiet_until": "08:00",
    }
    return fields | changes


def test_a_location_is_opened_changed_and_closed(desk: Client) -> None:
    make_location()
    assert desk.post(page("location-add"), location_fields()).status_code == 302
    place = Location.objects.get(name="Riverside")
    typed = location_fields(name="Hillside", version=1)
    assert desk.post(page("location-edit", place), typed).status_code == 302
    stale = desk.post(page("location-edit", place), typed | {"name": "Other"})
    assert stale.status_code == 422
    assert "Now it says: Hillside" in stale.content.decode()
    assert desk.post(page("location-close", place), {"version": 1}).status_code == 409
    assert desk.post(page("location-close", place), {"version": 2}).status_code == 302
    place.refresh_from_db()
    assert (place.name, place.closed_at is None) == ("Hillside", False)


def test_a_wrong_location_keeps_what_was_typed(desk: Client) -> None:
    answer = desk.post(page("location-add"), location_fields(time_zone="Kyiv", phone=""))
    assert answer.status_code == 422
    assert {"time_zone", "phone"} == set(answer.context["form"].errors)
    assert 'value="Riverside"' in answer.content.decode()
    assert not Location.objects.exists()


def test_rooms_are_added_renamed_and_closed(desk: Client) -> None:
    place = make_location()
    assert desk.post(page("room-add", place), {"name": "Blue room"}).status_code == 302
    room = Room.objects.get()
    assert desk.post(page("room-add", place), {"name": "Blue room"}).status_code == 422
    assert desk.post(page("room-edit", room), {"name": "Green", "version": 1}).status_code == 302
    assert desk.post(page("room-edit", room), {"name": "Red", "version": 1}).status_code == 422
    assert desk.post(page("room-close", room)).status_code == 409
    assert desk.post(page("room-close", room), {"version": 2}).status_code == 302
    assert not Room.objects.in_use().exists()


def enter(number: int, actor: User) -> AuditEntry:
    with transaction.atomic():
        return audit.record(
            "place.tested", actor, at=NOW + timedelta(days=number), by=actor, number=number
        )


def test_the_trail_is_filtered_by_what_who_subject_and_day(
    desk: Client, administrator: User
) -> None:
    other = make_staff(full_name="Somebody Else")
    entries = [enter(0, administrator), enter(1, other), enter(2, other)]

    def found(**criteria: str) -> list[int]:
        answer = desk.get(page("audit-list"), criteria)
        return [entry.pk for entry in answer.context["page"]]

    assert found() == [entry.pk for entry in reversed(entries)]
    assert found(sort="oldest") == [entry.pk for entry in entries]
    assert found(person="else", sort="oldest") == [entries[1].pk, entries[2].pk]
    assert found(subject=str(administrator.uuid)) == [entries[0].pk]
    assert found(since="2026-03-05", until="2026-03-05") == [entries[1].pk]
    assert found(action="place.tested", person="Nobody") == []


@pytest.mark.parametrize(
    "query",
    ["sort=pk", "sort=at;DROP", "action=%27", "subject=1%27", "since=yesterday", "person=%00"],
)
def test_whatever_is_not_on_the_list_is_a_bad_request(desk: Client, query: str) -> None:
    assert desk.get(f"{page('audit-list')}?{query}").status_code == 400


@pytest.mark.parametrize("number", ["0", "x", "999", "%27"])
def test_a_page_that_does_not_exist_is_the_nearest_one(desk: Client, number: str) -> None:
    assert desk.get(f"{page('audit-list')}?page={number}").status_code == 200


def test_one_s_own_page_tells_to_turn_on_a_second_factor(client: Client) -> None:
    lead = make_staff(Role.CLINICAL_LEAD)
    client.force_login(lead)
    assert "Turn on a second factor" in client.get(page("account")).content.decode()
    Authenticator.objects.create(user=lead, type=Authenticator.Type.TOTP, data={})
    assert "Turn on a second factor" not in client.get(page("account")).content.decode()
    client.force_login(make_staff(Role.RECEPTION))
    assert "Turn on a second factor" not in client.get(page("account")).content.decode()
