"""Who may do what: the whole authorisation policy on one screen."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    RECEPTION = "reception"
    COSMETOLOGIST = "cosmetologist"
    CLINICAL_LEAD = "clinical-lead"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


ROLE_NAMES: dict[Role, Promise] = {
    Role.RECEPTION: _("Reception"),
    Role.COSMETOLOGIST: _("Cosmetologist"),
    Role.CLINICAL_LEAD: _("Clinical lead (doctor)"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor (reads only)"),
}


class Permission(StrEnum):
    PUBLIC = "public"  # no role needs it: pages that say nothing about anybody
    SIGN_IN = "sign-in"  # the pages everybody has: home, own account
    SEE_PATIENTS = "see-patients"
    REGISTER_PATIENTS = "register-patients"
    MERGE_PATIENTS = "merge-patients"  # two charts of one person, and apart again
    ERASE_PATIENTS = "erase-patients"  # one asks, another one approves
    EXPORT_PATIENTS = "export-patients"  # one patient, as a file for whoever may have it
    EXPORT_CLINIC = "export-clinic"  # everybody
    IMPORT_PATIENTS = "import-patients"
    SEE_CLINICAL = "see-clinical"  # history, answers, photos, plans, findings
    SEE_SENSITIVE = "see-sensitive"  # HIV, oncology, psychiatric answers
    RECORD_CLINICAL = "record-clinical"  # intake, history, photos
    PLAN = "plan"
    SIGN_OFF = "sign-off"  # a doctor's examination, sign-off, override, release of a hold
    SEE_CALENDAR = "see-calendar"
    BOOK = "book"
    CHECK_IN = "check-in"
    TREAT = "treat"
    OFFER_CONSENT = "offer-consent"
    COUNTERSIGN = "countersign"
    SEE_CONSENTS = "see-consents"
    EXPORT_CONSENTS = "export-consents"
    SEE_MESSAGES = "see-messages"
    MANAGE_MESSAGES = "manage-messages"  # their words, and going on after a pause
    SEE_TASKS = "see-tasks"
    SEE_CATALOGUE = "see-catalogue"
    MANAGE_STOCK = "manage-stock"  # lots received and withdrawn
    MANAGE_CATALOGUE = "manage-catalogue"  # products and their composition
    SEE_RULES = "see-rules"  # the rulebook with its sources and versions
    MANAGE_RULES = "manage-rules"  # drafts of the rules, what the sources leave to the clinic
    MANAGE_TEAM = "manage-team"
    MANAGE_PLACES = "manage-places"
    SEE_AUDIT = "see-audit"


DESK = frozenset(
    {
        Permission.SIGN_IN,
        Permission.SEE_PATIENTS,
        Permission.REGISTER_PATIENTS,
        Permission.SEE_CALENDAR,
        Permission.BOOK,
        Permission.CHECK_IN,
        Permission.OFFER_CONSENT,
        Permission.SEE_CONSENTS,
        Permission.SEE_MESSAGES,
        Permission.SEE_TASKS,
        Permission.SEE_CATALOGUE,
    }
)
TREATMENT = DESK | {
    Permission.MERGE_PATIENTS,
    Permission.SEE_CLINICAL,
    Permission.RECORD_CLINICAL,
    Permission.PLAN,
    Permission.TREAT,
    Permission.COUNTERSIGN,
    Permission.MANAGE_STOCK,
    Permission.SEE_RULES,
}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.RECEPTION: DESK,
    Role.COSMETOLOGIST: TREATMENT,
    Role.CLINICAL_LEAD: TREATMENT
    | {
        Permission.SEE_SENSITIVE,
        Permission.SIGN_OFF,
        Permission.ERASE_PATIENTS,
        Permission.EXPORT_PATIENTS,
        Permission.EXPORT_CLINIC,
        Permission.IMPORT_PATIENTS,
        Permission.MANAGE_CATALOGUE,
        Permission.MANAGE_RULES,
        Permission.MANAGE_MESSAGES,
    },
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.SIGN_IN,
            Permission.SEE_PATIENTS,
            Permission.ERASE_PATIENTS,
            Permission.EXPORT_PATIENTS,
            Permission.EXPORT_CLINIC,
            Permission.IMPORT_PATIENTS,
            Permission.SEE_CALENDAR,
            Permission.SEE_CONSENTS,
            Permission.EXPORT_CONSENTS,
            Permission.SEE_MESSAGES,
            Permission.MANAGE_MESSAGES,
            Permission.SEE_TASKS,
            Permission.SEE_CATALOGUE,
            Permission.MANAGE_STOCK,
            Permission.MANAGE_CATALOGUE,
            Permission.SEE_RULES,
            Permission.MANAGE_TEAM,
            Permission.MANAGE_PLACES,
            Permission.SEE_AUDIT,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.SIGN_IN,
            Permission.SEE_PATIENTS,
            Permission.SEE_CALENDAR,
            Permission.SEE_CONSENTS,
            Permission.SEE_MESSAGES,
            Permission.SEE_CATALOGUE,
            Permission.SEE_RULES,
            Permission.SEE_AUDIT,
        }
    ),
}
