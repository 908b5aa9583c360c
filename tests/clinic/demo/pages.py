"""Every address of the clinic, and rows of the demonstration to fill it with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from aftercare.models import AftercarePlan, CheckIn, Question, Reaction, Restriction
from clinic.board import WORKLISTS, Worklist
from clinic.knowledge.loader import load
from clinic.lifecycle.models import Erasure, Merge
from clinic.messaging.models import Message
from clinic.portable.models import ConsentExport, Export, ImportRun
from clinic.record.models import Task
from clinic.staff.models import Location, Room, TimeOff, User
from clinic.staff.roles import GRANTS, Permission, Role
from consent.models import ConsentDocument, ConsentTemplate, PatientQuestion, WordingDraft
from patients.models import Answer as Said
from patients.models import (
    DuplicatePair,
    HistoryItem,
    HistoryKind,
    Intake,
    Patient,
    Photo,
    Synonym,
)
from procedures.models import (
    AllergyTest,
    Appointment,
    ClinicCase,
    Course,
    CourseHold,
    DraftChange,
    Lot,
    Plan,
    Product,
    Rescreening,
    RulebookDraft,
    RulebookVersion,
    Screening,
    Session,
    WaitlistEntry,
    WaitlistOffer,
)

Arguments = dict[str, Any]
OPEN_TO_ALL = {Permission.PUBLIC, Permission.SIGN_IN}


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the clinic."""

    name: str
    view: Any
    parameters: tuple[str, ...]

    @property
    def permission(self) -> Any:
        return getattr(self.view, "permission", None)

    @property
    def theirs(self) -> bool:
        """Of the sign-in that we did not write."""
        return self.permission is None

    @property
    def app(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Call:
    """An address with a row in it, and whom the row is about."""

    page: Page
    arguments: Arguments
    about: Patient | None = None
    row: Any = None

    @property
    def url(self) -> str:
        return reverse(self.page.name, kwargs=self.arguments)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What somebody got at an address, and what the database gained, changed and lost meanwhile."""

    call: Call
    who: str
    response: HttpResponse
    written: set[str]
    may: bool

    def __repr__(self) -> str:
        return f"{self.who} {self.call.page.name} {self.call.url}: {self.response.status_code}"

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def is_page(self) -> bool:
        html = str(self.response.get("Content-Type", "")).startswith("text/html")
        return html and self.status == 200

    @property
    def text(self) -> str:
        return "" if self.response.streaming else self.response.content.decode(errors="replace")


def pages(
    resolver: URLResolver | None = None, space: str = "", outer: tuple[str, ...] = ()
) -> Iterator[Page]:
    """Everything the resolver knows."""
    for pattern in (resolver or get_resolver()).url_patterns:
        parameters = (*outer, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from pages(pattern, inner, parameters)
        else:
            yield Page(f"{space}{pattern.name}", pattern.callback, parameters)


# Which rows


ROWS: dict[str, type[Model]] = {
    "patient": Patient,
    "user": User,
    "location": Location,
    "room": Room,
    "time_off": TimeOff,
    "product": Product,
    "lot": Lot,
    "plan": Plan,
    "document": ConsentDocument,
    "question": PatientQuestion,
    "visit": Appointment,
    "session": Session,
    "hold": CourseHold,
    "test": AllergyTest,
    "made": Screening,
    "message": Message,
    "task": Task,
    "item": HistoryItem,
    "intake": Intake,
    "photo": Photo,
    "synonym": Synonym,
    "restriction": Restriction,
    "check_in": CheckIn,
    "asked": Question,
    "reaction": Reaction,
    "draft": RulebookDraft,
    "wording": WordingDraft,
    "case": ClinicCase,
    "round": Rescreening,
    "pair": DuplicatePair,
    "merge": Merge,
    "erasure": Erasure,
    "export": Export,
    "papers_of": ConsentExport,
    "run": ImportRun,
    "entry": WaitlistEntry,
    "offer": WaitlistOffer,
}
FEED = "of-the-demonstration"  # the secret of a calendar feed that the test makes
TOKENS = {
    "messaging:mail-stop": "A" * 64,
    "messaging:link-open": "A" * 64,
    "procedures:feed-read": FEED,
}
FOREIGN = {"key": "x", "pk": 1, "uidb36": "1"}  # of the sign-in: nobody has such a key


def rows_of(page: Page, name: str) -> Any:
    """The rows that an argument of this name may mean on this page."""
    model = AftercarePlan if page.app == "aftercare" and name == "plan" else ROWS[name]
    rows: Any = model._default_manager.all()
    if page.name == "consent:document-pdf":
        rows = rows.with_file()
    elif page.name == "consent:document-withdrawal":
        rows = rows.filter(withdrawal__sealed_at__isnull=False)
    elif page.name == "procedures:course-book":
        rows = rows.current()
    elif name == "item":
        rows = rows.current().filter(none_known=False)
    elif name == "intake":
        rows = rows.exclude(completed_at=None)
    return rows


STATE = ("state", "status", "kind", "roles", "name")


def different(rows: Any, most: int) -> list[Any]:
    """One of each kind, so that a page is seen with every state it knows."""
    states: dict[object, Any] = {}
    for row in rows.order_by("pk"):
        about = [str(getattr(row, column)) for column in STATE if hasattr(row, column)]
        if isinstance(row, Plan):
            about = [
                str(bool(day)) for day in (row.signed_off_at, row.superseded_at, row.closed_at)
            ]
        if isinstance(row, Session):
            about = [row.appointment.status]
        if isinstance(row, Patient):
            about = [row.language, str(row.plans.count()), str(row.sessions.count())]
        states.setdefault(tuple(about), row)
    return list(states.values())[:most]


def owner(row: Any) -> Patient | None:
    """Whom a row is about."""
    if isinstance(row, Patient):
        return row
    if isinstance(row, Message | Task):
        return Patient.objects.filter(uuid=row.patient_uuid or row.uuid).first()
    for way in ("patient", "plan", "course", "document"):
        if hasattr(row, way):
            return owner(getattr(row, way))
    return None


OF_MESSAGES: list[Arguments] = [
    {"message": "RP-D3", "language": "uk", "channel": "sms"},
    {"message": "staff-invite", "language": "en", "channel": "email"},
]
WITH_WORDS: dict[str, Callable[[], list[Arguments]]] = {
    "procedures:rule-detail": lambda: [{"rule": key} for key in load().contraindications],
    "procedures:rule-change": lambda: [{"rule": key} for key in load().contraindications],
    "procedures:version-detail": lambda: [
        {"number": one.number} for one in RulebookVersion.objects.order_by("number")
    ],
    "consent:wording-detail": lambda: [
        {"version": one.version} for one in ConsentTemplate.objects.filter(language="en")
    ],
    "consent:wording-write": lambda: [
        {"wording": one.uuid, "block": "rights"} for one in WordingDraft.objects.open()
    ],
    "procedures:draft-line-remove": lambda: [
        {"draft": one.draft.uuid, "line": one.uuid} for one in DraftChange.objects.order_by("pk")
    ],
    "letters:words-edit": lambda: OF_MESSAGES,
    "letters:words-reset": lambda: OF_MESSAGES,
}


def calls(page: Page, *, most: int) -> Iterator[Call]:
    """The page with rows of the demonstration in its address."""
    if not page.parameters:
        yield Call(page, {})
    elif page.theirs:
        yield Call(page, {name: FOREIGN[name] for name in page.parameters})
    elif page.parameters == ("key",) or page.name in WITH_WORDS:
        yield from with_keys(page, most=most)
    elif page.name == "procedures:session-book-again":
        for course in Course.objects.order_by("pk")[:most]:
            yield Call(page, {"course": course.uuid, "number": 1}, course.patient)
    elif page.app == "patients" and page.parameters[-1] in {"question", "kind"}:
        yield from about_words(page)
    elif page.name in TOKENS:
        yield Call(page, {"token": TOKENS[page.name]})
    else:
        yield from with_rows(page, most=most)


def with_keys(page: Page, *, most: int) -> Iterator[Call]:
    """The work-lists of the board, the rulebook, and what the sources leave to the clinic."""
    if page.name in WITH_WORDS:
        yield from (Call(page, arguments) for arguments in WITH_WORDS[page.name]()[:most])
    elif page.name == "board:worklist":
        yield from (Call(page, {"key": one.key}, row=one) for one in WORKLISTS if not one.page)
    else:
        yield from (Call(page, {"key": key}) for key in list(load().settings)[:most])


def about_words(page: Page) -> Iterator[Call]:
    """The lists of the history, and the words beside answers that nobody understood."""
    if page.parameters == ("kind",):
        yield from (Call(page, {"kind": kind.value}) for kind in HistoryKind)
        return
    for row in Said.objects.exclude(note="").order_by("pk"):
        if row.note_counts:
            patient = row.intake.patient
            yield Call(page, {"patient": patient.uuid, "question": row.question}, patient, row)


def with_rows(page: Page, *, most: int) -> Iterator[Call]:
    *others, last = page.parameters
    if last == "product" and "blocked" in others:
        for plan in Plan.objects.order_by("pk")[:most]:
            product = plan.products.order_by("pk")[0].product.uuid
            arguments = {"plan": plan.uuid, "blocked": product, "product": product}
            yield Call(page, arguments, plan.patient, plan)
        return
    for row in different(rows_of(page, last), most):
        about = owner(row)
        arguments = {last: row.uuid} | {name: about.uuid for name in others if about}
        yield Call(page, arguments, about, row)


def strangers(call: Call) -> Iterator[Call]:
    """The same address, each row in turn being one that nobody has."""
    for name, value in call.arguments.items():
        if isinstance(value, UUID):
            yield Call(call.page, call.arguments | {name: uuid4()})


# Asking


def written() -> dict[str, tuple[int, int, int]]:
    """How many rows each table has gained, changed and lost in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables"
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def ask(client: Client, call: Call, *, who: str, method: str = "get", may: bool = False) -> Answer:
    """Go there and see what it did."""
    before = written()
    response: Any = getattr(client, method)(call.url)
    after = written()
    changed = {table for table, counts in after.items() if before.get(table) != counts}
    return Answer(call, who, response, changed, may)


def browser(user: User | None = None) -> Client:
    """A browser that shows a failure as a page, like a real one."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def may_open(call: Call, user: User) -> bool:
    """Whether the policy gives this person the page, and the row in it."""
    granted = OPEN_TO_ALL.union(*(GRANTS[Role(role)] for role in user.roles))
    if call.page.permission not in granted:
        return False
    if isinstance(call.row, Worklist):
        return call.row.permission in granted
    if hasattr(call.row, "_meta") and hasattr(type(call.row).objects, "visible_to"):
        visible = type(call.row).objects.visible_to(user)
        return bool(visible.filter(pk=call.row.pk).exists())
    return True
