"""The steps of one patient on the way through the chain, each by its use case."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from clinic.demo import pictures
from clinic.demo.cast import Character
from clinic.demo.stage import Stage
from clinic.staff.models import Location, Room, User
from consent import sealing, signing
from consent.ink import Ink
from consent.models import ConsentDocument, PhotoUse
from patients import history, intake, photos, registration
from patients.models import HistoryKind, Patient
from patients.registration import Identity
from procedures import booking, consenting, courses, planning, plans, screening, treatment
from procedures.models import Course, Plan, Session
from procedures.plans import Intent
from procedures.treatment import Given

INK = Ink.from_data(
    {
        "width": 600,
        "height": 220,
        "ratio": 2,
        "strokes": [[[60 + 9 * n, 110 + (40 if n % 2 else -35), 16 * n, 0.5] for n in range(40)]],
    }
)
MINUTES = 45


@dataclass(slots=True, kw_only=True)
class Journey:
    """One patient with the people who care for them, and the clock of the story."""

    stage: Stage
    who: Character
    number: int
    location: Location
    room: Room
    practitioner: User
    doctor: User

    def moment(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A wall-clock hour so many days from today, never later than now."""
        wanted = datetime.combine(self.day(days), time(hour, minute), self.location.zone)
        return min(wanted, self.stage.now)

    def day(self, days: int) -> date:
        return self.stage.now.astimezone(self.location.zone).date() + timedelta(days=days)

    # Intake

    def register(self, *, at: datetime) -> Patient:
        family, given = self.who.names
        identity = Identity(
            family_name=family,
            given_name=given,
            birth_date=self.who.born(at.date(), self.number),
            sex=self.who.sex,
            can_be_pregnant=self.who.sex == "F",
            phone=f"+38044000{self.number:04}",
            email=f"patient{self.number}@patients.example",
            language=self.who.language,
        )
        return registration.register(
            identity,
            location=self.location,
            email_allowed=True,
            sms_allowed=False,
            at=at,
            by=self.stage.reception,
        )

    def fill_in(self, patient: Patient, *, at: datetime, moment: str = "intake") -> None:
        """Every question of the moment answered: no, but for what the story says."""
        by = self.stage.cosmetologist
        form = intake.start(patient, moment=moment, source="desk", at=at, by=by)
        intake.save(form, self._answers(patient, moment, at), at=at, by=by)
        intake.complete(form, at=at, by=by)

    def _answers(self, patient: Patient, moment: str, at: datetime) -> dict[str, intake.Said]:
        replies = dict.fromkeys(self.who.yes, "yes") | dict.fromkeys(self.who.unsure, "unsure")
        answers = {
            one.code: intake.Said(
                reply=replies.get(one.code, "no"), date=self._date(one.code, replies, at)
            )
            for one in intake.asked(patient, moment)
            if one.answers
        }
        beside = intake.asked_of_staff(moment)
        told = {one.code: "assessed" for one in beside if "assessed" in one.answers}
        told |= dict.fromkeys(self.who.staff_yes, "yes") | dict.fromkeys(self.who.staff_no, "no")
        told |= dict.fromkeys(self.who.not_assessed, "not_assessed")
        codes = {one.code for one in beside}
        return answers | {
            code: intake.Said(reply=reply) for code, reply in told.items() if code in codes
        }

    def _date(self, code: str, replies: dict[str, str], at: datetime) -> date | None:
        days = self.who.dates.get(code)
        return self.day(days) if days is not None and code in replies else None

    def tell_history(self, patient: Patient, *, at: datetime) -> None:
        """What they have, take and cannot bear; or that there is nothing of the kind."""
        told = {
            HistoryKind.CONDITION: (),
            HistoryKind.ALLERGY: self.who.allergies,
            HistoryKind.MEDICINE: self.who.medicines,
        }
        by = self.stage.cosmetologist
        for kind, texts in told.items():
            for text in texts:
                history.add(patient, kind, text, asserted_by="patient", at=at, by=by)
            if not texts:
                history.assert_none(patient, kind, asserted_by="patient", at=at, by=by)

    def photograph(self, patient: Patient, *, at: datetime) -> None:
        for view in photos.standard_views(self.who.area):
            photos.add(
                patient,
                pictures.face(self.number, view),
                area=self.who.area,
                view=view,
                taken_at=at,
                at=at,
                by=self.stage.cosmetologist,
            )

    # Plan and consent

    def intent(self, *, sessions: int = 5) -> Intent:
        names = self.who.products
        return Intent(
            indication="ID-AGEING",
            protocol="CP-FACE-GENERAL",
            area=self.who.area,
            technique="TE-PAPULE",
            pain_relief="numbing cream",
            goal="a fresher, better moistened skin",
            practitioner=self.practitioner,
            location=self.location,
            allergy_test_required=False,
            products=[(self.stage.products[name], Decimal("2.5")) for name in names],
            sessions=sessions,
            interval_days=10,
        )

    def plan(self, patient: Patient, *, at: datetime) -> Plan:
        made = plans.draft(patient, self.intent(), at=at, by=self.stage.cosmetologist)
        screening.screen_patient(
            patient, plan=made, on=self._local(at), at=at, by=self.stage.cosmetologist
        )
        return made

    def override(self, plan: Plan, *, at: datetime) -> None:
        """The doctor has looked and decides against every finding that stops the plan."""
        made = plan.screenings.order_by("made_at", "pk").last()
        if made is not None:
            for finding in screening.stopping(made, plan, lasting=True):
                reason = "examined, stable, accepted for this plan"
                screening.override(plan, finding.code, reason, at=at, by=self.doctor)

    def sign_off(self, plan: Plan, *, at: datetime) -> Plan:
        examination = "Skin intact, no signs of inflammation in the area."
        return plans.sign_off(plan, examination, at=at, by=self.doctor)

    def offer(self, plan: Plan, *, at: datetime) -> ConsentDocument:
        language = self.who.language
        return consenting.offer(plan, language=language, at=at, by=self.stage.reception)

    def sign(self, document: ConsentDocument, *, at: datetime) -> ConsentDocument:
        link = signing.open_on_tablet(document, at=at, by=self.stage.reception)
        signature = signing.Signature(
            signer_name=" ".join(reversed(self.who.names)),
            photo_use=dict.fromkeys(PhotoUse.values, False) | {PhotoUse.RECORD: True},
            ink=INK,
        )
        return signing.sign(
            document, signature, content_sha256=document.content_sha256, at=at, by=link
        )

    def seal(self, document: ConsentDocument, *, at: datetime) -> ConsentDocument:
        document = signing.countersign(document, at=at, by=self.practitioner)
        return sealing.seal(document, at=at)

    # Course and sessions

    def book(self, plan: Plan, *, first: int, hour: int, at: datetime) -> Course:
        wish = planning.Wish(
            first=self.day(first), hour=time(hour), room=self.room, minutes=MINUTES
        )
        starts = planning.starts(plan, wish, at=at)
        return courses.book(
            plan, starts, room=self.room, minutes=MINUTES, at=at, by=self.stage.reception
        )

    def treat(self, session: Session) -> Session:
        """A whole session at its booked time: asked again, screened, laid out, given, completed."""
        at = session.appointment.slot.lower
        self.make_ready(session, at=at)
        treatment.start(session, at=at, by=self.practitioner)
        for line in session.course.plan.products.select_related("product"):
            given = Given(
                lot=self.stage.lots[line.product.name],
                zone="cheeks",
                volume_ml=line.volume_ml,
                depth_mm=Decimal("2.0"),
                points=40,
            )
            treatment.inject(session, given, at=at + timedelta(minutes=20), by=self.practitioner)
        note = "Well tolerated, slight redness."
        return treatment.complete(
            session, note, at=at + timedelta(minutes=40), by=self.practitioner
        )

    def make_ready(self, session: Session, *, at: datetime) -> None:
        self.check_in(session, at=at)
        self.screen_today(session, at=at)
        self.lay_out(session, at=at)

    def check_in(self, session: Session, *, at: datetime) -> None:
        booking.arrive(session.appointment, at=at, by=self.stage.reception)

    def screen_today(self, session: Session, *, at: datetime) -> None:
        patient = Patient.objects.get(pk=session.patient_id)
        self.fill_in(patient, at=at, moment="session")
        patient.refresh_from_db()
        screening.screen_patient(
            patient, plan=session.course.plan, on=self._local(at), at=at, by=self.practitioner
        )

    def lay_out(self, session: Session, *, at: datetime) -> None:
        for line in session.course.plan.products.select_related("product"):
            lot = self.stage.lots[line.product.name]
            treatment.prepare(session, lot, opened_at=at, at=at, by=self.practitioner)

    def _local(self, at: datetime) -> date:
        return at.astimezone(self.location.zone).date()
