"""Patients and what was done with them as FHIR R4, for anybody who reads it."""

from typing import Any

from django.db.models import Model

from aftercare.models import AftercarePlan, CheckIn, CheckInPhoto, Reaction
from clinic.messaging.models import Message, MessageState
from clinic.portable.places import Builder, Resource, coded, to
from consent.models import ConsentDocument, ConsentState
from patients.models import (
    HistoryItem,
    HistoryKind,
    Intake,
    Patient,
    Photo,
    Reply,
    Sex,
    Verification,
)
from procedures.models import (
    AllergyTest,
    Appointment,
    AppointmentStatus,
    LabResult,
    Plan,
    Screening,
    Session,
)

HL7 = "http://terminology.hl7.org/CodeSystem"
GENDERS = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.UNKNOWN: "unknown"}
CONSENT_STATES = {
    ConsentState.DRAFT: "draft",
    ConsentState.SEALED: "active",
    ConsentState.DECLINED: "rejected",
    ConsentState.SUPERSEDED: "inactive",
    ConsentState.WITHDRAWN: "inactive",
}
VISIT_STATES = {
    AppointmentStatus.BOOKED: "booked",
    AppointmentStatus.ARRIVED: "arrived",
    AppointmentStatus.STARTED: "checked-in",
    AppointmentStatus.COMPLETED: "fulfilled",
    AppointmentStatus.STOPPED: "fulfilled",
    AppointmentStatus.CANCELLED: "cancelled",
    AppointmentStatus.NO_SHOW: "noshow",
}
MESSAGE_STATES = {
    MessageState.FAILED: "stopped",
    MessageState.UNCERTAIN: "unknown",
}


def patient(row: Patient) -> Resource:
    ways = [{"system": "phone", "value": row.phone}] if row.phone else []
    ways += [{"system": "email", "value": row.email}] if row.email else []
    found: Resource = {
        "identifier": [{"system": "urn:mesoclinic:chart", "value": str(row.number)}],
        "name": [{"family": row.family_name, "given": [row.given_name]}],
        "gender": GENDERS[Sex(row.sex)],
        "birthDate": row.birth_date.isoformat(),
        "communication": [{"language": {"coding": [_language(row.language)]}}],
    }
    return found | ({"telecom": ways} if ways else {})


def statement(row: HistoryItem) -> Resource:
    """A condition, an allergy or a medicine; "none known" is an assertion of its own."""
    text = f"No known {row.get_kind_display().lower()}" if row.none_known else row.text
    code = coded(row.concept, text)
    if row.kind == HistoryKind.ALLERGY:
        return {"resourceType": "AllergyIntolerance", **_allergy(row, code)}
    if row.kind == HistoryKind.MEDICINE:
        return {"resourceType": "MedicationStatement", **_medicine(row, code)}
    found: Resource = {"code": code, "subject": to(row.patient)}
    found["verificationStatus"] = _hl7("condition-ver-status", row.verification)
    if row.verification != Verification.ENTERED_IN_ERROR:
        found["clinicalStatus"] = _hl7("condition-clinical", row.status)
    if row.onset_date:
        found["onsetDateTime"] = row.onset_date.isoformat()
    if row.end_date and row.status != "active":
        found["abatementDateTime"] = row.end_date.isoformat()
    return found | {"recordedDate": row.recorded_at.isoformat()}


def _allergy(row: HistoryItem, code: Resource) -> Resource:
    found: Resource = {"code": code, "patient": to(row.patient)}
    found["verificationStatus"] = _hl7("allergyintolerance-verification", row.verification)
    if row.verification != Verification.ENTERED_IN_ERROR:
        found["clinicalStatus"] = _hl7("allergyintolerance-clinical", row.status)
    if row.onset_date:
        found["onsetDateTime"] = row.onset_date.isoformat()
    return found | {"recordedDate": row.recorded_at.isoformat()}


def _medicine(row: HistoryItem, code: Resource) -> Resource:
    status = {"active": "active", "resolved": "completed"}.get(row.status, "stopped")
    if row.verification == Verification.ENTERED_IN_ERROR:
        status = "entered-in-error"
    found: Resource = {"status": status, "medicationCodeableConcept": code}
    return found | {"subject": to(row.patient), "dateAsserted": row.recorded_at.isoformat()}


def intake(row: Intake) -> Resource:
    """Answers for doctors are not among these words; whoever may see them has the row."""
    items = []
    for answer in row.answers.filter(sensitive=False).order_by("pk"):
        said: list[Resource] = [{"valueString": Reply(answer.reply).value}]
        if answer.date:
            said.append({"valueDate": answer.date.isoformat()})
        if answer.note:
            said.append({"valueString": answer.note})
        items.append({"linkId": answer.question, "answer": said})
    if row.answers.needing_a_doctor().exists():
        items.append({"linkId": "needs-doctor", "answer": [{"valueString": "Needs doctor"}]})
    found: Resource = {"status": "completed" if row.completed_at else "in-progress"}
    found |= {"subject": to(row.patient), "authored": row.started_at.isoformat()}
    return found | ({"item": items} if items else {})


def photo(row: Photo) -> Resource:
    return {
        "status": "completed" if row.removed_at is None else "stopped",
        "subject": to(row.patient),
        "createdDateTime": row.taken_at.isoformat(),
        "bodySite": coded(row.area),
        "view": coded(row.view),
        "width": row.width,
        "height": row.height,
        "content": {"contentType": "image/jpeg", "url": file_name(row)},
    }


def consent(row: ConsentDocument) -> Resource:
    found: Resource = {
        "status": CONSENT_STATES.get(ConsentState(row.state), "proposed"),
        "scope": _hl7("consentscope", "treatment"),
        "category": [coded("treatment-consent")],
        "policyRule": coded("informed-consent"),
        "patient": to(row.patient),
        "dateTime": (row.signed_at or row.created_at).isoformat(),
    }
    if row.sealed_at:
        pdf = {"contentType": "application/pdf", "url": file_name(row)}
        found["sourceAttachment"] = pdf
    return found


def plan(row: Plan) -> Resource:
    ended = row.superseded_at or row.closed_at
    return {
        "status": "completed" if ended else "active",
        "intent": "plan",
        "title": row.goal,
        "subject": to(row.patient),
        "created": row.created_at.isoformat(),
        "author": to(row.created_by),
    }


def allergy_test(row: AllergyTest) -> Resource:
    found: Resource = {
        "status": "final" if row.read_at else "registered",
        "code": coded("allergy-test", row.product.name),
        "subject": to(row.patient),
        "effectiveDateTime": row.applied_at.isoformat(),
    }
    return found | ({"valueString": row.result} if row.result else {})


def laboratory(row: LabResult) -> Resource:
    return {
        "status": "final",
        "code": coded("", row.name),
        "subject": to(row.patient),
        "effectiveDateTime": row.result_date.isoformat(),
        "valueString": row.value,
    }


def screening(row: Screening) -> Resource:
    return {
        "status": "final",
        "subject": to(row.patient),
        "occurrenceDateTime": row.made_at.isoformat(),
        "prediction": [{"outcome": coded(row.decision)}],
    }


def visit(row: Appointment) -> Resource:
    people = [to(row.patient), to(row.practitioner), to(row.room, "Location")]
    return {
        "status": VISIT_STATES[AppointmentStatus(row.status)],
        "appointmentType": coded(row.kind),
        "start": row.slot.lower.isoformat(),
        "end": row.slot.upper.isoformat(),
        "participant": [{"actor": one, "status": "accepted"} for one in people],
    }


def session(row: Session) -> Resource:
    status = "completed" if row.completed_at else "in-progress" if row.started_at else "preparation"
    found: Resource = {"status": status, "subject": to(row.patient)}
    found["code"] = coded("session", f"Session {row.number}")
    if row.started_at:
        found["performedDateTime"] = row.started_at.isoformat()
    if row.started_by:
        found["performer"] = [{"actor": to(row.started_by)}]
    return found | ({"note": [{"text": row.note}]} if row.note else {})


def aftercare(row: AftercarePlan) -> Resource:
    return {
        "status": "active",
        "intent": "plan",
        "title": "Aftercare",
        "subject": to(row.patient),
        "period": {
            "start": row.session_ended_at.isoformat(),
            "end": row.ends_at.isoformat(),
        },
    }


def check_in(row: CheckIn) -> Resource:
    found: Resource = {
        "status": "final",
        "code": coded("check-in"),
        "subject": to(row.plan.patient),
        "effectiveDateTime": row.at.isoformat(),
        "valueCodeableConcept": coded(row.triage),
    }
    return found | ({"note": [{"text": row.words}]} if row.words else {})


def reaction(row: Reaction) -> Resource:
    return {
        "actuality": "actual",
        "subject": to(row.patient),
        "detected": row.reported_at.isoformat(),
        "event": coded("", row.description),
        "severity": _hl7("adverse-event-severity", row.severity),
    }


def message(row: Message) -> Resource:
    return {
        "status": MESSAGE_STATES.get(MessageState(row.state), "completed"),
        "subject": to(row.recipient.patient),
        "topic": coded(row.message),
        "medium": [coded(row.channel)],
        "sent": row.state_at.isoformat(),
    }


def file_name(row: Any) -> str:
    """Where the file lies in the archive."""
    folder, ending = (
        ("photos", "jpg") if isinstance(row, Photo | CheckInPhoto) else ("consents", "pdf")
    )
    return f"files/{folder}/{row.uuid}.{ending}"


def _hl7(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def _language(code: str) -> Resource:
    return {"system": "urn:ietf:bcp:47", "code": code}


BUILDERS: dict[type[Model], Builder] = {
    Patient: patient,
    HistoryItem: statement,
    Intake: intake,
    Photo: photo,
    ConsentDocument: consent,
    Plan: plan,
    AllergyTest: allergy_test,
    LabResult: laboratory,
    Screening: screening,
    Appointment: visit,
    Session: session,
    AftercarePlan: aftercare,
    CheckIn: check_in,
    Reaction: reaction,
    Message: message,
}
