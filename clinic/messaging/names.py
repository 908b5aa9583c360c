"""What messages and the reasons of their states are called in front of staff."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "pre-session": _("Reminder %(day)s d before"),
    "reminder": _("Aftercare, day %(day)s"),
    "check-in": _("Check-in, day %(day)s"),
    "intake-link": _("Link to the questionnaire"),
    "consent-link": _("Link to the consent"),
    "consent-copy": _("Copy of the consent"),
    "visit-moved": _("New time of a visit"),
    "staff-invite": _("Invitation of a colleague"),
    "check-in-again": _("Check-in, asked once more"),
    "staff-alert": _("Alert for the staff"),
}
REASONS = {
    "too-late": _("its time had passed"),
    "link-dead": _("its link no longer opens anything"),
    "no-address": _("no address is known"),
    "no-channel": _("the clinic has no provider for this channel"),
    "not-allowed": _("the patient has not allowed this channel"),
    "opted-out": _("the address has opted out"),
    "quiet-hours": _("quiet hours"),
    "missing-value": _("its words have a gap that nothing fills"),
    "lease-expired": _("a worker stopped before sending it"),
    "released": _("no longer needed: released by a clinician"),
    "given-back": _("a worker gave it back before trying"),
    "other-channel": _("another channel could not deliver it"),
    "no-answer": _("a worker stopped after handing it over"),
    "sent-again": _("a colleague sends it again"),
    "by-staff": _("a colleague says that it arrived"),
    "sent-after-void": _("sent although its cause had just gone"),
    "intake-completed": _("the questionnaire is completed"),
    "session-moved": _("the session was moved"),
    "session-cancelled": _("the session was cancelled"),
    "session-completed": _("the session took place"),
    "next-session": _("the reminder of the next session is sent instead"),
    "new-session": _("a new session began"),
    "answered": _("the patient has answered"),
    "taken": _("a colleague has taken the task"),
}
