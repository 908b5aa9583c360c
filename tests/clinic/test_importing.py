"""Lists of elsewhere: recognised, tried, taken in once; what is broken is named and left out."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.portable import importing, lists
from clinic.portable.importing import Source
from clinic.portable.models import ImportRun, ListKind
from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from patients.models import HistoryKind, Patient
from procedures.models import Appointment, Plan
from tests.factories.catalogue import make_product
from tests.factories.procedures import make_place
from tests.factories.staff import NOW, make_location, make_staff

pytestmark = pytest.mark.django_db
PEOPLE = "id;ФИО;дата рождения;пол;телефон\n7;Вигадана Анна;17.05.1990;ж;044 123 45 67\n"


@pytest.fixture
def boss() -> User:
    return make_staff(Role.ADMINISTRATOR)


@pytest.fixture
def here() -> Location:
    return make_location()


def taken(
    data: str | bytes, here: Location, by: User, kind: str = ListKind.PATIENTS, *, dry: bool = False
) -> ImportRun:
    """Uploaded, columns as guessed, and gone through to the end."""
    raw = data.encode() if isinstance(data, str) else data
    source = Source(name="list.csv", kind=kind, system="old", location=here)
    run = importing.upload(raw, source, at=NOW, by=by)
    importing.start(run, run.columns, dry=dry, at=NOW, by=by)
    while importing.take_batch(at=NOW):
        pass
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encoding_and_separator_are_recognised(
    encoding: str, separator: str, here: Location, boss: User
) -> None:
    run = taken(PEOPLE.replace(";", separator).encode(encoding), here, boss)
    assert (run.imported, run.faults) == (1, [])
    patient = Patient.objects.get()
    assert (patient.family_name, patient.given_name) == ("Вигадана", "Анна")
    assert patient.birth_date == date(1990, 5, 17)
    assert (patient.sex, patient.phone) == ("F", "+380441234567")
    assert patient.recipient.sms_allowed_at is None


def test_a_trial_writes_nothing(here: Location, boss: User) -> None:
    run = taken(PEOPLE, here, boss, dry=True)
    assert (run.imported, run.is_dry) == (1, True)
    assert not Patient.objects.exists()
    importing.start(run, run.columns, dry=False, at=NOW, by=boss)
    while importing.take_batch(at=NOW):
        pass
    assert Patient.objects.count() == 1


def test_the_same_list_twice_adds_nobody(here: Location, boss: User) -> None:
    """R-57: an identifier that is here already is never taken in again."""
    taken(PEOPLE, here, boss)
    again = taken(PEOPLE, here, boss)
    assert (again.imported, again.known) == (0, 1)
    assert Patient.objects.count() == 1


def test_ten_broken_rows_of_many_are_named_and_the_others_are_here(
    here: Location, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 5_000)
    rows = ["id,family name,given name,birth date,phone,email"]
    rows += [f"{n},Testova,Person {n},1980-01-01,,p{n}@patients.example" for n in range(10_000)]
    broken = {
        5: "5,Testova,,1980-01-01,,",
        50: "50,Testova,Anna,1980-02-30,,",
        500: "500,Testova,Anna,2980-01-01,,",
        501: ",Testova,Anna,1980-01-01,,",
        502: "502,Testova,Anna,1980-01-01,12,",
        503: "503,Testova,Anna,1980-01-01,,nowhere",
        700: f"700,{'T' * 101},Anna,1980-01-01,,",
        701: "6,Testova,Anna,1980-01-01,,",
        702: "702",
        999: "999,Testova,Anna,yesterday,,",
    }
    for number, row in broken.items():
        rows[number + 1] = row
    run = taken("\n".join(rows), here, boss)
    assert (run.imported, len(run.faults)) == (9_990, 10)
    assert Patient.objects.count() == 9_990
    assert len(set(Patient.objects.values_list("number", flat=True))) == 9_990
    named = list(csv.reader(io.StringIO("".join(importing.fault_lines(run)))))
    assert [int(row[0]) - 2 for row in named[1:]] == sorted(broken)
    assert named[0][-1] == "why"
    assert all(row[-1] for row in named[1:])


def test_what_comes_out_runs_nothing_in_a_spreadsheet() -> None:
    out = "".join(lists.write([["=1+1", "+380", "-x", "@a", "\tb", "plain"]]))
    cells = next(csv.reader(io.StringIO(out)))
    assert cells == ["'=1+1", "'+380", "'-x", "'@a", "'\tb", "plain"]
    assert lists.read(f"a,b\n{out}".encode()).rows[0][:2] == ("=1+1", "+380")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00\x01\x02", b"\xff\xfe\x00"])
def test_what_is_no_list_is_refused_and_nothing_is_kept(
    data: bytes, here: Location, boss: User
) -> None:
    with pytest.raises(lists.NotAList):
        taken(data, here, boss)
    assert not ImportRun.objects.exists()


def test_a_list_too_large_is_refused(here: Location, boss: User) -> None:
    with pytest.raises(lists.TooLarge):
        taken(b"a" * (lists.LARGEST + 1), here, boss)


def test_columns_are_remembered_for_the_next_list_of_that_source(
    here: Location, boss: User
) -> None:
    odd = "nr,who,born\n1,Testova Anna,17.05.1990\n"
    source = Source(name="a.csv", kind=ListKind.PATIENTS, system="old", location=here)
    run = importing.upload(odd.encode(), source, at=NOW, by=boss)
    with pytest.raises(importing.ColumnsMissing):
        importing.start(run, run.columns, dry=True, at=NOW, by=boss)
    chosen = {"id": "nr", "full_name": "who", "birth_date": "born"}
    importing.start(run, chosen, dry=True, at=NOW, by=boss)
    assert importing.upload(odd.encode(), source, at=NOW, by=boss).columns == chosen


def test_history_visits_and_sessions_to_come_follow_their_patient(boss: User) -> None:
    place = make_place()
    product = make_product()
    taken(PEOPLE, place.location, boss)
    history = taken(
        "id,patient,kind,text,since\n1,7,allergy,latex,2001-02-03\n2,8,allergy,latex,\n",
        place.location,
        boss,
        ListKind.HISTORY,
    )
    assert (history.imported, len(history.faults)) == (1, 1)
    patient = Patient.objects.get()
    [item] = patient.history.current()
    assert (item.kind, item.text, item.onset_date) == (
        HistoryKind.ALLERGY,
        "latex",
        date(2001, 2, 3),
    )
    day = (NOW + timedelta(days=7)).date()
    who = place.practitioner.email
    visits = taken(
        "id,patient,practitioner,room,start\n"
        f"1,7,{who},{place.room.name},{day} 11:00\n"
        f"2,7,{who},{place.room.name},{day} 11:10\n",
        place.location,
        boss,
        ListKind.APPOINTMENTS,
    )
    assert (visits.imported, len(visits.faults)) == (1, 1), "double booked"
    assert Appointment.objects.get().patient == patient
    courses = taken(
        "id,patient,practitioner,indication,area,technique,product,ml,sessions,interval\n"
        f"1,7,{who},ID-COMPLEXION,face,TE-NAPPAGE,{product.name},2,4,7\n",
        place.location,
        boss,
        ListKind.COURSES,
    )
    assert courses.faults == []
    plan = Plan.objects.get()
    assert (plan.sessions, plan.signed_off_at) == (4, None)


def test_whoever_uploads_sees_the_trial_and_then_imports(
    here: Location, boss: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ring", lambda: None)
    client.force_login(boss)
    file = io.BytesIO(PEOPLE.encode("cp1251"))
    file.name = "people.csv"
    form: dict[str, Any] = {"kind": "patients", "system": "old", "location": here.pk}
    page = client.post(reverse("portable:import-list"), form | {"file": file}, follow=True)
    assert "cp1251" in page.content.decode()
    run = ImportRun.objects.get()
    url = reverse("portable:import-detail", args=[run.uuid])
    client.post(url, run.columns | {"act": "try"})
    while importing.take_batch(at=timezone.now()):
        pass
    assert "Import the sound rows" in client.get(url).content.decode()
    client.post(url, run.columns | {"act": "import"})
    while importing.take_batch(at=timezone.now()):
        pass
    assert Patient.objects.count() == 1
    faults = client.get(reverse("portable:import-faults", args=[run.uuid]))
    assert faults["Content-Type"] == "text/csv"
