"""Why something about a consent is refused; each sentence says what to do instead."""

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError


class NoGlyphs(ClinicError):
    code = "no-glyphs"
    text = _(
        "These characters cannot be printed: %(characters)s. Correct the name or the text in which "
        "they stand, then try again."
    )


class TextChanged(ClinicError):
    code = "text-changed"
    text = _("The text is no longer the one you read. Reload the page and read it again.")


class NotSigned(ClinicError):
    code = "not-signed"
    text = _("There is no signature yet: draw it with a line, or sign by typing your name.")


class NoName(ClinicError):
    code = "no-name"
    text = _("Write your full name.")


class PhotosOpen(ClinicError):
    code = "photos-open"
    text = _("Answer each question about photos with yes or no.")


class AlreadySigned(ClinicError):
    code = "already-signed"
    text = _("This consent is already signed. Nothing more is needed.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write the reason in a few words.")


class NoChannel(ClinicError):
    code = "no-channel"
    text = _(
        "The patient has not allowed us to write by mail or SMS. Hand over the tablet, or ask for "
        "permission and note it in the patient's details."
    )


class MayNotCountersign(ClinicError):
    code = "may-not-countersign"
    text = _("Only a cosmetologist or a doctor countersigns a consent.")


class SignersMissing(ClinicError):
    code = "signers-missing"
    text = _("Somebody still has to sign before you: %(who)s. Open it on the tablet for them.")


class QuestionsOpen(ClinicError):
    code = "questions-open"
    text = _("The patient has asked something. Answer it first, or note what you answered.")


class NotAsked(ClinicError):
    code = "not-asked"
    text = _("Nobody else has to sign this document now. Reload the page.")


class SameSigner(ClinicError):
    code = "same-signer"
    text = _("This is the name of somebody who has signed already. Another person signs here.")


class NoQuestion(ClinicError):
    code = "no-question"
    text = _("Write your question.")


class TooManyQuestions(ClinicError):
    code = "too-many-questions"
    text = _("You have asked many questions. Please call us: talking is easier.")


class NoAnswer(ClinicError):
    code = "no-answer"
    text = _("Write the answer, or what you answered when you talked.")


class AlreadyAnswered(ClinicError):
    code = "already-answered"
    text = _("This question is answered already. Reload the page to see the answer.")
