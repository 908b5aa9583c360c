"""Consents for staff: who may do what, and what they see."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.messaging.models import Message, PatientLink
from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import GRANTS, Permission, Role
from consent import export
from consent.models import ConsentDocument, ConsentState
from tests.consent.conftest import Sample
from tests.factories.consent import make_countersigned, make_offered, make_signed
from tests.factories.staff import NOW, PASSWORD, make_pin, make_staff

pytestmark = pytest.mark.django_db
S = ConsentState
SealFast = Callable[..., ConsentDocument]
PAGES = {
    "document-detail": Permission.SEE_CONSENTS,
    "document-pdf": Permission.SEE_CONSENTS,
    "document-decline": Permission.OFFER_CONSENT,
    "document-withdraw": Permission.OFFER_CONSENT,
    "document-countersign": Permission.COUNTERSIGN,
}
ACTS = {
    "document-tablet": Permission.OFFER_CONSENT,
    "document-send": Permission.OFFER_CONSENT,
    "document-decline": Permission.OFFER_CONSENT,
    "document-withdraw": Permission.OFFER_CONSENT,
    "document-countersign": Permission.COUNTERSIGN,
}


def signed_in(who: Role | User) -> Client:
    client = Client()
    client.force_login(who if isinstance(who, User) else make_staff(who))
    return client


def url(name: str, document: ConsentDocument) -> str:
    return reverse(f"consent:{name}", args=[document.uuid])


def confirmed(client: Client) -> Client:
    """Asked for the password a moment ago."""
    back = reverse("consent:document-list")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": back})
    return client


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_it_may_and_no_more(role: Role, seal_fast: SealFast) -> None:
    client, document = confirmed(signed_in(role)), seal_fast()
    for name, permission in PAGES.items():
        status = client.get(url(name, document)).status_code
        assert status == (200 if permission in GRANTS[role] else 403), name
    for name, permission in ACTS.items():
        if permission not in GRANTS[role]:
            assert client.post(url(name, document)).status_code == 403, name
    may_export = Permission.EXPORT_CONSENTS in GRANTS[role]
    assert client.get(reverse("consent:document-export")).status_code == (
        200 if may_export else 403
    )
    assert client.get(reverse("consent:document-list")).status_code == 200


def test_nobody_comes_in_without_signing_in_and_an_unknown_one_is_not_there() -> None:
    document = make_offered()
    assert Client().get(url("document-detail", document)).status_code == 302
    other = reverse("consent:document-detail", args=["00000000-0000-4000-8000-000000000000"])
    assert signed_in(Role.RECEPTION).get(other).status_code == 404


def test_who_read_a_consent_is_on_the_record_once_and_not_for_every_look_again() -> None:
    document = make_countersigned()
    client = signed_in(Role.RECEPTION)
    client.get(url("document-detail", document))
    client.get(url("document-detail", document), headers={"HX-Request": "true"})
    entry = AuditEntry.objects.get(action="consent.viewed")
    assert (entry.subject_uuid, entry.patient_uuid) == (document.uuid, document.patient.uuid)


def test_acts_are_posts() -> None:
    document, client = make_offered(), signed_in(Role.COSMETOLOGIST)
    for name in ("document-tablet", "document-send"):
        assert client.get(url(name, document)).status_code == 405
    assert document.events.count() == 1


def test_the_unfinished_come_first_and_filters_narrow_the_list(seal_fast: SealFast) -> None:
    sealed, offered = seal_fast(), make_offered(at=NOW - timedelta(days=3))
    client, page = signed_in(Role.RECEPTION), reverse("consent:document-list")
    whole = client.get(page).content.decode()
    assert whole.index(str(offered.uuid)) < whole.index(str(sealed.uuid))
    for query, shown in [
        ({"state": "sealed"}, {sealed}),
        ({"state": "unfinished"}, {offered}),
        ({"since": NOW.date().isoformat()}, {sealed}),
        ({"until": (NOW - timedelta(days=1)).date().isoformat()}, {offered}),
        ({"state": "withdrawn"}, set()),
        ({"since": "not a day"}, {sealed, offered}),
    ]:
        text = client.get(page, query).content.decode()
        assert {d for d in (sealed, offered) if str(d.uuid) in text} == shown, query
    assert "No consent fits" in client.get(page, {"state": "withdrawn"}).content.decode()
    rows = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in rows
    assert str(sealed.uuid) in rows


def test_the_page_says_what_comes_next_and_asks_again_while_it_is_being_sealed() -> None:
    client = signed_in(Role.COSMETOLOGIST)
    offered = client.get(url("document-detail", make_offered())).content.decode()
    assert "Open on this tablet" in offered
    signed = client.get(url("document-detail", make_signed())).content.decode()
    assert "Whoever treats countersigns it." in signed
    document = make_countersigned()
    waiting = client.get(url("document-detail", document)).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    part = client.get(url("document-detail", document), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "being sealed" in part.content.decode()


def test_handing_over_the_tablet_ends_our_own_login() -> None:
    desk, document = make_staff(Role.RECEPTION), make_offered()
    client = signed_in(desk)
    assert client.post(url("document-tablet", document)).status_code == 409  # no PIN yet
    make_pin(desk)
    response = client.post(url("document-tablet", document))
    assert (response.status_code, response.headers["Location"]) == (302, "/p/consent/")
    assert "_auth_user_id" not in client.session
    assert client.get(url("document-detail", document)).status_code == 302
    assert PatientLink.objects.get(subject=document.cause).purpose == "consent"


def test_the_link_is_owed_once_per_press_and_refused_when_signed() -> None:
    client, document = signed_in(Role.RECEPTION), make_offered()
    client.post(url("document-send", document))
    assert Message.objects.filter(subject=document.cause).count() == 1
    refused = client.post(url("document-send", make_signed()))
    assert refused.status_code == 409
    assert "already signed" in refused.content.decode()


def test_countersigning_asks_for_the_password_and_seals_afterwards() -> None:
    client, document = (
        signed_in(Role.COSMETOLOGIST),
        make_signed(at=timezone.now() - timedelta(hours=1)),
    )
    asked = client.post(url("document-countersign", document))
    assert asked.status_code == 302
    assert reverse("account_reauthenticate") in asked.headers["Location"]
    document.refresh_from_db()
    assert document.state == S.SIGNED
    confirmed(client)
    assert "own free will" in client.get(url("document-countersign", document)).content.decode()
    client.post(url("document-countersign", document))
    document.refresh_from_db()
    assert document.state in {S.COUNTERSIGNED, S.SEALED}
    again = client.post(url("document-countersign", document))
    assert again.status_code == 409


def test_a_refusal_and_a_withdrawal_are_noted_with_their_reason(seal_fast: SealFast) -> None:
    client, offered, sealed = signed_in(Role.RECEPTION), make_offered(), seal_fast()
    empty = client.post(url("document-decline", offered), {"reason": ""})
    assert empty.status_code == 422
    client.post(url("document-decline", offered), {"reason": "Too far to travel"})
    client.post(url("document-withdraw", sealed), {"reason": ""})
    offered.refresh_from_db()
    sealed.refresh_from_db()
    assert (offered.state, sealed.state) == (S.DECLINED, S.WITHDRAWN)
    twice = client.post(url("document-withdraw", sealed), {"reason": ""})
    assert twice.status_code == 422
    assert "no longer possible" in twice.content.decode()
    assert "Withdrawn on" in client.get(url("document-detail", sealed)).content.decode()


def test_the_download_is_the_sealed_file_and_a_damaged_one_is_refused(
    sample: Sample, seal_fast: SealFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, document = signed_in(Role.ADMINISTRATOR), seal_fast()
    response = client.get(url("document-pdf", document))
    assert response.content == sample.pdf
    assert document.code in response.headers["Content-Disposition"]
    assert AuditEntry.objects.filter(action="consent.downloaded").count() == 1
    monkeypatch.setattr(export, "digest_of_bytes", lambda _: "0" * 64)
    assert client.get(url("document-pdf", document)).status_code == 409
    assert client.get(url("document-pdf", make_offered())).status_code == 404


def test_the_export_is_a_zip_of_what_the_filter_leaves(seal_fast: SealFast) -> None:
    client, document = signed_in(Role.ADMINISTRATOR), seal_fast()
    page = reverse("consent:document-export")
    assert "1 sealed document fits" in client.get(page).content.decode()
    assert client.post(page, {"since": "not a day"}).status_code == 422
    response: Any = client.post(page, {"state": "sealed"})
    with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as archive:
        names = archive.namelist()
    response.close()
    assert any(str(document.uuid) in name for name in names)
    assert "manifest.csv" in names


def test_the_chart_shows_a_patient_s_consents_as_a_panel(seal_fast: SealFast) -> None:
    document, client = seal_fast(), signed_in(Role.RECEPTION)
    page = reverse("consent:chart-consents", args=[document.patient.uuid])
    panel = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert panel.strip().startswith("<section")
    assert url("document-detail", document) in panel
    assert "<html" in client.get(page).content.decode()


def test_a_hostile_name_is_text_on_every_page() -> None:
    document = make_offered()
    name = "<script>alert(1)</script>"
    type(document.patient).objects.filter(pk=document.patient.pk).update(family_name=name)
    client = signed_in(Role.RECEPTION)
    for page in (url("document-detail", document), reverse("consent:document-list")):
        text = client.get(page).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_the_number_of_queries_does_not_grow_with_the_list(
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(6):
        make_offered()
    client = signed_in(Role.RECEPTION)
    with django_assert_max_num_queries(12):
        client.get(reverse("consent:document-list"))
