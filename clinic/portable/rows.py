"""A row as data and back: keys of this database are replaced by what holds in any other."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Field, ForeignKey, JSONField, Model
from psycopg.types.range import Range, TimestamptzRange

Data: TypeAlias = dict[str, Any]


def columns(model: type[Model], left_out: Iterable[str] = ()) -> "list[Field[Any, Any]]":
    """Those that are exported; the key of this database is not."""
    fields = model._meta.concrete_fields
    return [one for one in fields if not one.primary_key and one.name not in set(left_out)]


def row_of(row: Model, left_out: Iterable[str] = ()) -> Data:
    """Every column; a reference is the UUID of its row."""
    return {one.name: _out(row, one) for one in columns(type(row), left_out)}


def text_of(data: object) -> str:
    """The same data gives the same text."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def values_of(model: type[Model], data: Mapping[str, Any]) -> Data:
    """Values as the columns hold them; references stay UUIDs, for whoever looks them up."""
    found: Data = {}
    for field in columns(model):
        if field.name in data:
            found[field.name] = _in(field, data[field.name])
    return found


def references(model: type[Model]) -> "list[ForeignKey[Any, Any]]":
    return [one for one in columns(model) if isinstance(one, ForeignKey)]


def _out(row: Model, field: "Field[Any, Any]") -> Any:
    if isinstance(field, ForeignKey):
        target = getattr(row, field.name)
        return None if target is None else str(target.uuid)
    value = getattr(row, field.attname)
    if isinstance(field, JSONField):
        return value
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Range):
        return [_plain(value.lower), _plain(value.upper)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _in(field: "Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(field, JSONField):
        return value
    if isinstance(field, ForeignKey):
        return UUID(str(value))
    if isinstance(field, DateTimeRangeField):
        lower, upper = (datetime.fromisoformat(one) for one in value)
        return TimestamptzRange(lower, upper)
    return field.to_python(value)
