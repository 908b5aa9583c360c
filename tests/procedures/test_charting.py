"""The chart is drawn as a draft, recorded once, taken back while it runs, and closed at the end."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.errors import Stale, WrongState
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from procedures import catalogue, charting, drawn, treatment
from procedures.models import Product, Session, SessionDraft
from procedures.treatment import Given, Seen
from tests.factories.procedures import give, make_completed_session, make_ready_session
from tests.factories.staff import NOW
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Pages ask the clock; here it stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def session() -> Session:
    """Running, with one product laid out."""
    ready = make_ready_session()
    return treatment.start(ready, at=NOW, by=ready.course.plan.practitioner)


@pytest.fixture
def room() -> Client:
    return signed_in(Role.COSMETOLOGIST)


def entry(session: Session, **changes: object) -> dict[str, Any]:
    """Three points on the left cheek, as the page sends them."""
    return {
        "lot": str(session.prepared.get().lot.uuid),
        "drawing": "face",
        "shape": "points",
        "marks": [[68, 58], [70, 60], [72.345, 62]],
        "volume_ml": "0.06",
        "depth_mm": "1.5",
        "technique": "TE-NAPPAGE",
        "needle": "30G 4 mm",
        "device": "",
        **changes,
    }


def send(room: Client, session: Session, *entries: object, version: int = 0) -> Any:
    body = {"entries": json.dumps(entries), "version": version}
    return room.post(reverse("procedures:session-chart", args=[session.uuid]), body)


def save(room: Client, session: Session, content: object, version: int) -> Any:
    body = {"content": json.dumps(content), "version": version}
    return room.post(reverse("procedures:session-draft", args=[session.uuid]), body)


# Recorded


def test_what_is_drawn_is_recorded_with_its_places(session: Session, room: Client) -> None:
    assert send(room, session, entry(session)).status_code == 302
    row = session.injections.get()
    assert (row.zone, row.points, row.volume_ml) == ("Left cheek", 3, Decimal("0.06"))
    assert (row.drawing, row.shape, row.technique) == ("face", "points", "TE-NAPPAGE")
    assert row.marks == [[68.0, 58.0], [70.0, 60.0], [72.34, 62.0]]
    assert row.needle == "30G 4 mm"
    assert AuditEntry.objects.get(action="session.charted").facts["entries"] == 1


def test_a_painted_zone_has_no_points(session: Session, room: Client) -> None:
    zone = entry(session, shape="zone", marks=[[40, 20], [60, 20], [50, 30]])
    assert send(room, session, zone).status_code == 302
    assert session.injections.get().points is None
    assert session.injections.get().zone == "Forehead"


WRONG: list[dict[str, object]] = [
    {"volume_ml": "-1"},
    {"volume_ml": "0"},
    {"volume_ml": "NaN"},
    {"volume_ml": "51"},
    {"marks": [[101, 5]]},
    {"marks": []},
    {"drawing": "foot"},
    {"technique": "TE-UNKNOWN"},
    {"lot": "00000000-0000-0000-0000-000000000000"},
    {"depth_mm": "-1"},
]


def test_one_wrong_entry_records_none(session: Session, room: Client) -> None:
    for wrong in WRONG:
        answer = send(room, session, entry(session), entry(session, **wrong))
        assert answer.status_code == 422, wrong
        assert answer.context["wrong"].errors, wrong
        assert not session.injections.exists(), wrong


def test_what_was_sent_twice_is_recorded_once(session: Session, room: Client) -> None:
    """R-47: what a double click sends is one entry."""
    assert send(room, session, entry(session)).status_code == 302
    assert send(room, session, entry(session)).status_code == 409
    assert session.injections.count() == 1


def test_nothing_drawn_is_nothing_recorded(session: Session) -> None:
    with pytest.raises(charting.NothingDrawn):
        charting.chart(session, [], version=0, at=NOW, by=session.course.plan.practitioner)


def test_no_more_is_given_than_was_opened(session: Session, room: Client) -> None:
    lot = session.prepared.get().lot
    Product.objects.filter(pk=lot.product_id).update(unit_ml=Decimal("2"))
    assert send(room, session, entry(session, volume_ml="2.00")).status_code == 302
    answer = send(room, session, entry(session, volume_ml="0.01"), version=1)
    assert answer.status_code == 422
    assert "2.01 ml would be given" in answer.content.decode()
    by = session.course.plan.practitioner
    treatment.prepare(session, lot, opened_at=NOW, at=NOW, by=by)
    assert send(room, session, entry(session, volume_ml="0.01"), version=1).status_code == 302


def test_a_technique_with_a_device_says_which(session: Session, room: Client) -> None:
    needle_free = entry(session, technique="TE-NONINVASIVE")
    assert send(room, session, needle_free).status_code == 422
    assert send(room, session, needle_free | {"device": "Fictijet 2"}).status_code == 302
    assert session.injections.get().device == "Fictijet 2"


def test_what_was_recorded_by_mistake_is_taken_back(session: Session, room: Client) -> None:
    send(room, session, entry(session))
    row, address = session.injections.get(), "procedures:session-take-back"
    url = reverse(address, args=[session.uuid])
    assert room.post(url, {"injection": row.pk}).status_code == 302
    assert not session.injections.exists()
    facts = AuditEntry.objects.get(action="session.injection-taken-back").facts
    assert facts["volume_ml"] == "0.06"
    assert room.post(url, {"injection": row.pk}).status_code == 422


# The draft


def test_a_draft_comes_back_with_the_page(session: Session, room: Client) -> None:
    content = {"entries": [entry(session)], "note": "calm"}
    assert save(room, session, content, 0).json() == {"version": 1}
    page = room.get(reverse("procedures:session-detail", args=[session.uuid]))
    board = json.loads(page.context["board_json"])
    assert (board["version"], board["draft"]) == (1, content)


def test_the_slower_tablet_is_told_what_the_faster_drew(session: Session, room: Client) -> None:
    save(room, session, {"entries": [], "note": "faster"}, 0)
    answer = save(room, session, {"entries": [], "note": "slower"}, 0)
    assert answer.status_code == 409
    assert answer.json()["content"]["note"] == "faster"
    assert SessionDraft.objects.get().content["note"] == "faster"


def test_what_is_no_draft_is_not_kept(session: Session, room: Client) -> None:
    broken: list[object] = [[], "x", {"evil": 1}, {"note": "x" * 200_001}]
    for content in broken:
        assert save(room, session, content, 0).status_code == 422
    assert not SessionDraft.objects.exists()


def test_a_chart_with_unrecorded_marks_is_not_closed(session: Session) -> None:
    by = session.course.plan.practitioner
    give(session)
    content = {"entries": [entry(session)]}
    draft = charting.save_draft(session, content, version=0, at=NOW, by=by)
    with pytest.raises(treatment.UnrecordedMarks):
        treatment.complete(session, "", at=NOW, by=by)
    charting.save_draft(session, {"entries": []}, version=draft.version, at=NOW, by=by)
    treatment.complete(session, "", at=NOW, by=by)
    assert not SessionDraft.objects.exists()


def test_only_the_first_of_many_drafts_is_put_on_the_record(session: Session) -> None:
    by = session.course.plan.practitioner
    for version in range(3):
        charting.save_draft(session, {"entries": []}, version=version, at=NOW, by=by)
    assert AuditEntry.objects.filter(action="session.chart-begun").count() == 1
    with pytest.raises(Stale):
        charting.save_draft(session, {"entries": []}, version=1, at=NOW, by=by)


# The end, and after it


def test_what_was_done_and_seen_is_copied_in_the_words_of_the_day(session: Session) -> None:
    give(session)
    seen = Seen(steps=("PR-14",), immediate=("SE-PIGMENT",), next_agreed=True)
    by = session.course.plan.practitioner
    treatment.complete(session, "", seen, at=NOW, by=by)
    session.refresh_from_db()
    assert session.steps[0]["en"] == "Antiseptic on area and around"
    assert session.immediate[0]["id"] == "SE-PIGMENT"
    assert AuditEntry.objects.get(action="session.completed").facts["next_agreed"] is True
    assert not session.course.holds.in_force(at=NOW).exists()


def test_a_grave_sign_in_the_room_holds_the_course(session: Session) -> None:
    grave = next(id_ for id_, rule in catalogue.sign_rules().items() if rule.emergency)
    give(session)
    by = session.course.plan.practitioner
    treatment.complete(session, "", Seen(immediate=(grave,)), at=NOW, by=by)
    assert session.course.holds.in_force(at=NOW).exists()


def test_a_closed_chart_only_gets_dated_additions(room: Client) -> None:
    """R-48: a finished session gets late entries and nothing else."""
    session = make_completed_session()
    by = session.course.plan.practitioner
    with pytest.raises(WrongState):
        charting.chart(session, [], version=0, at=NOW, by=by)
    with pytest.raises(WrongState):
        charting.take_back(session, session.injections.get().pk, at=NOW, by=by)
    url = reverse("procedures:session-add", args=[session.uuid])
    assert room.post(url, {"text": "  "}).status_code == 422
    assert room.post(url, {"text": "Depth was 2 mm."}).status_code == 302
    page = room.get(reverse("procedures:session-detail", args=[session.uuid]))
    assert "Depth was 2 mm." in page.content.decode()


def test_nothing_is_added_to_a_session_that_still_runs(session: Session) -> None:
    with pytest.raises(WrongState):
        charting.add(session, "later", at=NOW, by=session.course.plan.practitioner)


def test_last_time_is_a_ghost_without_its_lots(room: Client) -> None:
    done = make_completed_session()
    row, marks = done.injections.get(), ((50.0, 20.0), (52.0, 22.0))
    type(row).objects.filter(pk=row.pk).update(
        drawing="face", shape="points", marks=[list(mark) for mark in marks]
    )
    following = done.course.sessions.get(number=2)
    board = drawn.board(following, done)
    [ghost] = board["ghost"]
    assert ghost["product"] == str(row.lot.product.uuid)
    assert "lot" not in ghost
    assert board["lots"] == []
    assert [picture.dots for picture in drawn.pictures(done)] == [[(50.0, 24.0), (52.0, 26.4)]]


def test_a_lot_laid_out_by_mistake_goes_back_unless_it_was_given(session: Session) -> None:
    lot, by = session.prepared.get().lot, session.course.plan.practitioner
    treatment.inject(session, Given(lot=lot, zone="chin", volume_ml=Decimal("1")), at=NOW, by=by)
    with pytest.raises(treatment.StillGiven):
        treatment.put_back(session, lot, at=NOW, by=by)
    charting.take_back(session, session.injections.get().pk, at=NOW, by=by)
    treatment.put_back(session, lot, at=NOW, by=by)
    assert not session.prepared.exists()
