"""Exports of the whole clinic, imports of lists, and which of their rows are here already."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.staff.models import Location, User
from clinic.staff.roles import Permission


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: User) -> ExportQuerySet:
        """An export is for whoever asked for it: another one may see less, or more."""
        return self.filter(requested_by=user) if user.may(Permission.EXPORT_CLINIC) else self.none()

    def unfinished(self) -> ExportQuerySet:
        return self.filter(finished_at=None)

    def free(self, *, at: datetime) -> ExportQuerySet:
        """To be gone on with: nobody works on it, or whoever did has gone."""
        return self.unfinished().filter(Q(leased_until=None) | Q(leased_until__lte=at))

    def outdated(self, *, at: datetime) -> ExportQuerySet:
        return self.filter(expires_at__lte=at, removed_at=None)


ExportManager = models.Manager.from_queryset(ExportQuerySet)


class Export(models.Model):
    """The whole clinic as files, made piece by piece; up to the cursor everything is written."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sees_all = models.BooleanField(help_text="With what is for doctors only.")
    kind = models.PositiveSmallIntegerField(default=0, help_text="Which kind of row is next.")
    cursor = models.BigIntegerField(null=True, help_text="Key of its last row. Empty: none yet.")
    total = models.PositiveIntegerField(help_text="Rows when it was asked for.")
    done = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, help_text="Empty means: nobody works on it.")
    finished_at = models.DateTimeField(null=True, help_text="Empty means: under way.")
    expires_at = models.DateTimeField(null=True, help_text="Empty means: under way.")
    removed_at = models.DateTimeField(null=True, help_text="Empty means: the files are here.")

    objects = ExportManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None, expires_at=None)
                | Q(finished_at__isnull=False, expires_at__gt=F("finished_at")),
                name="export_expires_once_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"Export #{self.pk}"

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 100

    def is_ready(self, *, at: datetime) -> bool:
        return self.expires_at is not None and at < self.expires_at and self.removed_at is None


class ExportPart(models.Model):
    """Some hundred resources of an export, encrypted at rest."""

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    resource = models.CharField(max_length=40, help_text="Into which file of the archive it goes.")
    rows = models.PositiveIntegerField()
    file = models.CharField(max_length=80, help_text="Name in the encrypted storage.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="exportpart_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"ExportPart #{self.pk}"


class ConsentExportQuerySet(models.QuerySet["ConsentExport"]):
    def visible_to(self, user: User) -> ConsentExportQuerySet:
        """For whoever asked for it, as long as they may."""
        may = user.may(Permission.EXPORT_CONSENTS)
        return self.filter(requested_by=user) if may else self.none()

    def unfinished(self) -> ConsentExportQuerySet:
        return self.filter(finished_at=None)

    def outdated(self, *, at: datetime) -> ConsentExportQuerySet:
        return self.filter(expires_at__lte=at, removed_at=None)


ConsentExportManager = models.Manager.from_queryset(ConsentExportQuerySet)


class ConsentExport(models.Model):
    """Sealed consents of one choice: looked at and listed up to the cursor, then to be fetched."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    choice = models.JSONField(default=dict, help_text="What was asked for; empty: everything.")
    cursor = models.BigIntegerField(default=0, help_text="Key of the last document looked at.")
    total = models.PositiveIntegerField(help_text="Documents when it was asked for.")
    done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, help_text="Empty means: under way.")
    expires_at = models.DateTimeField(null=True, help_text="Empty means: under way.")
    removed_at = models.DateTimeField(null=True, help_text="Empty means: the list is here.")

    objects = ConsentExportManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None, expires_at=None)
                | Q(finished_at__isnull=False, expires_at__gt=F("finished_at")),
                name="consentexport_expires_once_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentExport #{self.pk}"

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 100

    def is_ready(self, *, at: datetime) -> bool:
        return self.expires_at is not None and at < self.expires_at and self.removed_at is None


class ExportedConsent(models.Model):
    """One line of the list of such an export, as the document stood when it was looked at."""

    export = models.ForeignKey(ConsentExport, on_delete=models.PROTECT, related_name="papers")
    document = models.UUIDField(help_text="Of the consent.")
    row = models.JSONField(help_text="Name, SHA-256, patient number, state, sealed at, problem.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "document"], name="exportedconsent_once"),
        ]

    def __str__(self) -> str:
        return f"ExportedConsent #{self.pk}"

    @property
    def name(self) -> str:
        return str(self.row[0])

    @property
    def sha256(self) -> str:
        return str(self.row[1])

    @property
    def problem(self) -> str:
        return str(self.row[-1])


class ListKind(models.TextChoices):
    """What the rows of a list are."""

    PATIENTS = "patients", _("Patients")
    HISTORY = "history", _("Conditions, allergies, medicines")
    APPOINTMENTS = "appointments", _("Visits")
    COURSES = "courses", _("Sessions still to come of running courses")


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def visible_to(self, user: User) -> ImportRunQuerySet:
        return self.all() if user.may(Permission.IMPORT_PATIENTS) else self.none()

    def free(self, *, at: datetime) -> ImportRunQuerySet:
        waits = Q(leased_until=None) | Q(leased_until__lte=at)
        return self.filter(waits, finished_at=None, started_at__isnull=False)


ImportRunManager = models.Manager.from_queryset(ImportRunQuerySet)


class ImportRun(models.Model):
    """One list that somebody uploaded: tried first, then taken in."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=15, choices=ListKind)
    system = models.CharField(max_length=60, help_text="Where the list comes from.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, help_text="Of the uploaded file.")
    file = models.CharField(max_length=80, help_text="Name in the encrypted storage.")
    columns = models.JSONField(default=dict, help_text="Column of the list by what it means.")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_dry = models.BooleanField(default=True, help_text="Tried only: nothing is written.")
    started_at = models.DateTimeField(null=True, help_text="Empty means: columns not chosen yet.")
    cursor = models.PositiveIntegerField(default=0, help_text="Rows looked at.")
    total = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="Rows that are here already.")
    faults = models.JSONField(default=list, help_text="Row number, code and words of each fault.")
    leased_until = models.DateTimeField(null=True, help_text="Empty means: nobody works on it.")
    finished_at = models.DateTimeField(null=True, help_text="Empty means: not finished.")

    objects = ImportRunManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ListKind.values), name="importrun_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
                name="importrun_finished_after_started",
            ),
        ]

    def __str__(self) -> str:
        return f"ImportRun #{self.pk} ({self.kind})"

    @property
    def percent(self) -> int:
        return min(100, 100 * self.cursor // self.total) if self.total else 100


class ColumnMapping(models.Model):
    """Which column of a source's lists means what, kept for the next list from there."""

    kind = models.CharField(max_length=15, choices=ListKind)
    system = models.CharField(max_length=60)
    columns = models.JSONField(help_text="Column of the list by what it means.")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "system"], name="columnmapping_once"),
        ]

    def __str__(self) -> str:
        return f"ColumnMapping {self.kind} #{self.pk}"


class Imported(models.Model):
    """A row of elsewhere by its identifier there, and what it is here."""

    system = models.CharField(max_length=60)
    kind = models.CharField(max_length=15, choices=ListKind)
    identifier = models.CharField(max_length=120)
    uuid = models.UUIDField(help_text="Of the row that it became.")
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="rows")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "identifier"], name="imported_identifier_once"
            ),
        ]
        indexes = [models.Index(fields=["uuid"], name="imported_uuid")]

    def __str__(self) -> str:
        return f"Imported #{self.pk} ({self.kind})"
