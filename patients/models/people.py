"""A person the clinic treats, and how to find one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.messaging.models import Recipient
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission
from patients import finding, phones

MOST = 21  # rows: a page of twenty, and whether there are more
SHORT = 2  # letters: fewer than a trigram
ALIKE = 0.4  # of trigrams shared; Anna and Hanna of one family name share more


class Sex(models.TextChoices):
    FEMALE = "F", _("Female")
    MALE = "M", _("Male")
    UNKNOWN = "", _("Not stated")


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> PatientQuerySet:
        """The one door: who may not see a patient gets the same 404 as for none."""
        return self.standing() if user.may(Permission.SEE_PATIENTS) else self.none()

    def standing(self) -> PatientQuerySet:
        """Charts that are used: neither erased nor merged into another."""
        return self.filter(erased_at=None, merged_into=None)

    def search(self, text: str, *, most: int = MOST) -> PatientQuerySet:
        """Whom the text may mean: names in any order and script, phone, birth date, number.

        The likeliest come first: the chart of that number, then families that begin so, then
        whoever has it anywhere. Each way walks one index in order and stops at `most` rows, and
        the next is gone only where rows are still missing.
        """
        wanted = finding.read(text)
        if not wanted:
            return self.none()
        present = self.filter(erased_at=None)
        ways, gone = [], Q(pk__in=[])
        for lead, rest in _ways(wanted):
            rows = present.filter(lead, rest, ~gone).order_by("folded", "pk")
            ways.append(rows.values("pk")[:most])
            gone |= lead
        found = ways[0].union(*ways[1:], all=True)[:most] if ways[1:] else ways[0]
        return self.filter(pk__in=found).order_by(_nearness(wanted), "folded", "pk")

    def alike(self, *, folded: str, birth_date: date, phone: str) -> PatientQuerySet:
        """Who may be the same person: born that day with a similar name, or the same phone."""
        similar = Q(birth_date=birth_date, likeness__gte=ALIKE)
        same = similar | Q(phone=phone) if phone else similar
        return self.annotate(likeness=TrigramSimilarity("folded", folded)).filter(same)


def _ways(wanted: finding.Wanted) -> Iterator[tuple[Q, Q]]:
    """The ways to look for it, the likeliest first: what is special to the way, and the rest."""
    everything = Q()
    for word in wanted.words:
        # Two letters are the beginning of a word, more may stand anywhere in it.
        everything &= Q(folded__contains=word if len(word) > SHORT else f" {word}")
    if wanted.birth_dates:
        everything &= Q(birth_date__in=wanted.birth_dates)
    if wanted.number is not None:
        yield Q(number=wanted.number), everything
        if not wanted.phone:
            return
    if wanted.phone:
        everything &= Q(phone__contains=wanted.phone)
    for word in wanted.words:
        yield Q(folded__startswith=f" {word}"), everything
    yield Q(), everything


def _nearness(wanted: finding.Wanted) -> Case:
    """Zero for the chart of that number and for a family that begins so, else one."""
    near = Q(number=wanted.number) if wanted.number is not None else Q(pk__in=[])
    for word in wanted.words:
        near |= Q(folded__startswith=f" {word}")
    return Case(When(near, then=0), default=1, output_field=models.SmallIntegerField())


PatientManager = models.Manager.from_queryset(PatientQuerySet)


@pghistory.track()
class Patient(models.Model):
    """A person the clinic treats. URLs carry the `uuid`; people say the chart `number`."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True, help_text="Chart number, counted from 1001.")
    family_name = models.CharField(_("family name"), max_length=100)
    given_name = models.CharField(_("given name"), max_length=100)
    folded = models.CharField(
        max_length=500,
        editable=False,
        db_collation="C",
        help_text="Names in both scripts, folded for search (see names.fold).",
    )
    birth_date = models.DateField(_("date of birth"))
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    can_be_pregnant = models.BooleanField(
        _("can be pregnant"), null=True, help_text="Empty means: not asked, so the questions are."
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text="E.164.")
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    recipient = models.OneToOneField(Recipient, on_delete=models.PROTECT, related_name="patient")
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    history_changed_at = models.DateTimeField(
        help_text="When an answer or a history item last changed; a screening must be younger."
    )
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(null=True, help_text="Empty means: still a patient.")
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The chart that goes on. Empty means: this one does.",
    )

    objects = PatientManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="patient_sex_known"),
            models.CheckConstraint(
                condition=~Q(family_name="") & ~Q(given_name=""), name="patient_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(birth_date__gte=date(1900, 1, 1)), name="patient_born_after_1900"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(erased_at__gte=F("registered_at")),
                name="patient_erased_after_registered",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
                name="patient_merged_into_another",
            ),
        ]
        indexes = [
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="patient_folded_trgm"),
            GinIndex(OpClass("phone", name="gin_trgm_ops"), name="patient_phone_trgm"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
            models.Index(
                fields=["folded", "id"], condition=Q(erased_at=None), name="patient_by_folded"
            ),
            models.Index(Lower("email"), condition=~Q(email=""), name="patient_email"),
        ]

    def __str__(self) -> str:
        return f"Patient #{self.pk}"

    def get_absolute_url(self) -> str:
        """The chart: every app shows a part of it, so that the project assembles it."""
        return reverse("chart:patient-chart", args=[self.uuid])

    @property
    def full_name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def readable_phone(self) -> str:
        return phones.readable(self.phone)

    def age_on(self, on: date) -> int:
        """Whole years on that day, as the law counts them."""
        before = (on.month, on.day) < (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - before
