"""Reading in what a clinic of this kind exported; what is here already stays as it is.

Each public function is one transaction.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Max, Model
from django.utils.translation import gettext_lazy as _

from aftercare.models import CheckInPhoto
from clinic.errors import ClinicError
from clinic.portable.clinical import file_name
from clinic.portable.fhir import ROW, Resource
from clinic.portable.kinds import KINDS, Kind, by_name
from clinic.portable.rows import Data, references, values_of
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent.models import ConsentDocument, Withdrawal
from patients.models import Patient, Photo
from patients.registration import FIRST_NUMBER

Files: TypeAlias = Callable[[str], bytes | None]
ORDER = {kind.name: number for number, kind in enumerate(KINDS)}
STARTS = {"jpg": b"\xff\xd8", "pdf": b"%PDF"}


class Unreadable(ClinicError):
    code = "unreadable"
    text = _("This file cannot be read in: %(why)s. Nothing was changed.")


class DamagedFile(ClinicError):
    code = "damaged-original"
    text = _("The file %(name)s is missing or is not the one that was exported.")


class Restorer:
    """Puts rows in, in any number of calls; references are looked up once."""

    def __init__(self, files: Files, *, at: datetime) -> None:
        self.files = files
        self.at = at
        self.keys: dict[tuple[type[Model], UUID], int] = {}
        self.late: list[tuple[Model, str, UUID]] = []
        self.stored: list[str] = []
        self.counts: Counter[str] = Counter()

    def put(self, made: Resource) -> None:
        data = _row_in(made)
        if data is None:
            self.counts["without a row"] += 1
            return
        kind = by_name().get(data.get("kind", ""))
        if kind is None:
            raise Unreadable(why=f"kind {data.get('kind')!r}")
        self._put(kind, data)

    def finish(self) -> None:
        """References among rows of one kind, once all of them are there."""
        for row, column, uuid in self.late:
            setattr(row, column, self._key(type(row), uuid))
            row.save(update_fields=[column])
        self.late = []

    def give_up(self) -> None:
        """The rows are rolled back; the files go too."""
        for name in self.stored:
            EncryptedStorage().delete(name)

    def _put(self, kind: Kind, data: Data) -> None:
        uuid = UUID(data["row"]["uuid"])
        if self._known(kind, uuid):
            self.counts["already here"] += 1
            return
        for name in kind.within:
            self._create(_related(kind.model, name), data["row"][name])
            data["row"][name] = data["row"][name]["uuid"]
        values = self._values(kind.model, data["row"])
        if kind.natural and (key := self._same(kind, values)):
            self.keys[kind.model, uuid] = key
            self.counts["already here"] += 1
            return
        row = self._create_from(kind.model, values, data["row"])
        for part in kind.parts:
            for inner in data.get("parts", {}).get(part.model.__name__, []):
                self._create(part.model, inner, {part.column + "_id": part.owner(row).pk})
        self.counts[kind.name] += 1

    def _known(self, kind: Kind, uuid: UUID) -> bool:
        try:
            self._key(kind.model, uuid)
        except Unreadable:
            return False
        return True

    def _same(self, kind: Kind, values: Data) -> int | None:
        wanted = {name: values.get(name, values.get(f"{name}_id")) for name in kind.natural}
        rows = kind.model._default_manager.filter(**wanted)
        found: int | None = rows.values_list("pk", flat=True).first()
        return found

    def _create(self, model: type[Model], data: Data, more: Data | None = None) -> Model:
        return self._create_from(model, self._values(model, data) | (more or {}), data)

    def _create_from(self, model: type[Model], values: Data, data: Data) -> Model:
        late = {name: values.pop(name) for name in list(values) if name.startswith("late:")}
        if model is Patient and Patient.objects.filter(number=values["number"]).exists():
            values["number"] = _next_number()
        if model is User:
            values |= self._stranger()
        self._keep_file(model, values)
        row = model._default_manager.create(**values)
        if uuid := data.get("uuid"):
            self.keys[model, UUID(uuid)] = row.pk
        for name, target in late.items():
            self.late.append((row, name.removeprefix("late:") + "_id", target))
        return row

    def _values(self, model: type[Model], data: Data) -> Data:
        values = values_of(model, data)
        for field in references(model):
            uuid = values.pop(field.name, None)
            if uuid is None:
                continue
            target: Any = field.related_model
            try:
                values[field.attname] = self._key(target, uuid)
            except Unreadable:
                if target is not model:
                    raise
                values[f"late:{field.name}"] = uuid
        return values

    def _key(self, model: type[Model], uuid: UUID) -> int:
        if (model, uuid) not in self.keys:
            rows = model._default_manager.filter(uuid=uuid)
            key: int | None = rows.values_list("pk", flat=True).first()
            if key is None:
                raise Unreadable(why=f"{model.__name__} {uuid} is missing")
            self.keys[model, uuid] = key
        return self.keys[model, uuid]

    def _stranger(self) -> Data:
        """A colleague of elsewhere is a name under what they did, never an account."""
        return {
            "roles": [Role.AUDITOR.value],
            "is_active": False,
            "deactivated_at": self.at,
            "password": make_password(None),
        }

    def _keep_file(self, model: type[Model], values: Data) -> None:
        """The original, if it is the one whose hash the row names."""
        row: Any = None
        if model in {Photo, CheckInPhoto}:
            row, sha256, folder = model(uuid=values["uuid"]), values["sha256"], "photo"
        elif model in {ConsentDocument, Withdrawal} and values.get("sealed_at"):
            row, sha256, folder = model(uuid=values["uuid"]), values["pdf_sha256"], "consent"
        if row is None:
            return
        name = file_name(row)
        found = self.files(name) or b""
        same = hashlib.sha256(found).hexdigest() == sha256
        if not (same and found.startswith(STARTS[name.rpartition(".")[2]])):
            raise DamagedFile(name=name)
        values["file"] = EncryptedStorage().put(folder, found)
        self.stored.append(values["file"])


@transaction.atomic
def restore(resources: Iterable[Resource], files: Files, *, at: datetime, by: User) -> Counter[str]:
    """All of it or nothing; returns how many rows of each kind were added."""
    restorer = Restorer(files, at=at)
    try:
        with transaction.atomic():
            for made in sorted(resources, key=_place):
                restorer.put(made)
            restorer.finish()
    except (IntegrityError, DataError, ValidationError, TypeError, KeyError, ValueError) as error:
        restorer.give_up()
        raise Unreadable(why=type(error).__name__) from error
    except ClinicError:
        restorer.give_up()
        raise
    audit.record("clinic.imported", by, at=at, by=by, rows=sum(restorer.counts.values()))
    return restorer.counts


def _place(made: Resource) -> int:
    data = _row_in(made)
    return ORDER.get(data.get("kind", ""), len(ORDER)) if data else len(ORDER)


def _row_in(made: Resource) -> Data | None:
    for one in made.get("extension", []):
        if one.get("url") == ROW:
            found: Data = json.loads(one["valueString"])
            return found
    return None


def _related(model: type[Model], name: str) -> type[Model]:
    target: Any = model._meta.get_field(name).related_model
    found: type[Model] = target
    return found


def _next_number() -> int:
    last = Patient.objects.aggregate(last=Max("number"))["last"]
    return FIRST_NUMBER if last is None else int(last) + 1
