"""The sheet that goes home: own dates, telephone, products, on two pages at most."""

import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from aftercare import sheet
from aftercare.models import AftercarePlan
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from clinic.staff.templatetags.look import clinic_time
from patients.models import Area
from procedures import settings as clinic_settings
from tests.factories.aftercare import make_aftercare, make_course
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


def printed(plan: AftercarePlan, folder: Path, language: str = "en") -> tuple[str, int]:
    """Its words, and how many pages they take."""
    file = folder / "sheet.pdf"
    file.write_bytes(sheet.print_sheet(plan, language))
    words = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True
    ).stdout
    return " ".join(words.split()), words.count("\f")


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_it_has_the_patients_own_dates_and_fits_on_two_pages(tmp_path: Path, language: str) -> None:
    plan = make_aftercare()
    place = plan.session.appointment.room.location
    words, pages = printed(plan, tmp_path, language)
    assert pages <= 2
    assert place.urgent_phone in words
    assert place.emergency_number in words
    for row in plan.restrictions.all():
        assert row.words["forbidden"][language].split()[0] in words


def test_the_end_of_the_sauna_ban_is_an_hour_of_the_clinic(tmp_path: Path) -> None:
    plan = make_aftercare()
    end = plan.restrictions.get(rule="RX-HEAT-SAUNA").until
    words, _pages = printed(plan, tmp_path)
    assert clinic_time(end, plan.session.appointment.room.location) in words


def test_products_are_the_clinics_own_and_unset_says_so(tmp_path: Path) -> None:
    plan, lead = make_aftercare(), make_staff(Role.CLINICAL_LEAD)
    assert "has not entered a list" in printed(plan, tmp_path)[0]
    names = "Testcream Zero\nTestgel One"
    clinic_settings.set_value("home_products", names, "List of the lead", at=NOW, by=lead)
    words, _pages = printed(plan, tmp_path)
    assert "Testcream Zero" in words
    assert "has not entered a list" not in words


def test_where_the_sources_leave_the_area_open_the_sheet_says_so(tmp_path: Path) -> None:
    scalp, face = make_aftercare(area=Area.SCALP), make_aftercare()
    assert "written for injections in the face" in printed(scalp, tmp_path)[0]
    assert "written for injections in the face" not in printed(face, tmp_path)[0]


def test_handing_it_over_is_on_the_record_and_in_the_patients_language(
    client: Client, tmp_path: Path
) -> None:
    plan = make_aftercare(make_course(make_patient(language="uk")))
    by = make_staff(Role.COSMETOLOGIST)
    client.force_login(by)
    answer = client.get(reverse("aftercare:plan-sheet", args=[plan.uuid]))
    file = tmp_path / "sheet.pdf"
    file.write_bytes(answer.content)
    words = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout
    assert "Після візиту" in words.decode()
    entry = AuditEntry.objects.get(action="aftercare.sheet-printed")
    assert (entry.actor_uuid, entry.patient_uuid) == (by.uuid, plan.patient.uuid)
