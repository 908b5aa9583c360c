"""What the drawing of a session shows: its lots, what is recorded, last time's marks."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.templatetags.static import static
from django.utils.translation import get_language

from procedures import catalogue
from procedures.domain import charts
from procedures.models import Drawing, Injection, MarkShape, PreparedLot, Session
from procedures.treatment import needs_device


def board(session: Session, last: Session | None) -> dict[str, Any]:
    """Everything the page needs to draw, as JSON; last time's lots are not in it."""
    plan = session.plan or session.course.plan
    draft = getattr(session, "draft", None)
    recorded = list(session.injections.select_related("lot").order_by("recorded_at", "pk"))
    return {
        "session": str(session.uuid),
        "version": draft.version if draft else 0,
        "draft": draft.content if draft else {},
        "drawing": charts.DRAWING_OF.get(plan.area, Drawing.FACE.value),
        "drawings": {one.value: static(f"img/chart-{one.value}.svg") for one in Drawing},
        "technique": plan.technique,
        "techniques": techniques(),
        "lots": lots(session, recorded),
        "recorded": [marks_of(row) for row in recorded],
        "ghost": [marks_of(row) | how(row) for row in rows_of(last)],
    }


def techniques() -> list[dict[str, Any]]:
    """How it may be done, whether with a device, and the most that one point takes."""
    language = get_language() or "en"
    return [
        {
            "id": one.id,
            "label": one.label.in_(language),
            "device": needs_device(one.id),
            "most": str(one.max_volume_per_injection_ml or ""),
        }
        for one in catalogue.techniques()
    ]


def lots(session: Session, recorded: Iterable[Injection]) -> list[dict[str, Any]]:
    """What is laid out: planned, opened and given so far, in millilitres."""
    plan = session.plan or session.course.plan
    planned = dict(plan.products.values_list("product", "volume_ml"))
    rows = session.prepared.select_related("lot__product").order_by("lot__product__name", "pk")
    return [
        {
            "uuid": str(use.lot.uuid),
            "number": use.lot.number,
            "product": str(use.lot.product.uuid),
            "name": use.lot.product.name,
            "planned": str(planned.get(use.lot.product_id, "")),
            "opened": str(opened(use) or ""),
            "given": str(sum((r.volume_ml for r in recorded if r.lot_id == use.lot_id), Decimal())),
        }
        for use in rows
    ]


def opened(use: PreparedLot) -> Decimal | None:
    """Millilitres that were opened; nothing where the box does not say what a unit holds."""
    unit = use.lot.product.unit_ml
    return None if unit is None else unit * use.units


def rows_of(session: Session | None) -> list[Injection]:
    """What was drawn in a session, in its order."""
    if session is None:
        return []
    drawn = session.injections.exclude(drawing="").select_related("lot__product")
    return list(drawn.order_by("recorded_at", "pk"))


def marks_of(row: Injection) -> dict[str, Any]:
    """Where it was given."""
    return {"drawing": row.drawing, "shape": row.shape, "marks": row.marks}


def how(row: Injection) -> dict[str, Any]:
    """With what and how deep: the product, never the lot."""
    return {
        "product": str(row.lot.product.uuid),
        "volume_ml": str(row.volume_ml),
        "depth_mm": str(row.depth_mm or ""),
        "technique": row.technique,
        "needle": row.needle,
        "device": row.device,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One drawing with its marks, for a page that only shows it."""

    label: str
    url: str
    dots: list[tuple[float, float]]
    zones: list[str]


def pictures(session: Session | None) -> list[Picture]:
    """Every drawing on which something was set."""
    rows = rows_of(session)
    used = [one for one in Drawing if any(row.drawing == one for row in rows)]
    return [_picture(one, [row for row in rows if row.drawing == one]) for one in used]


def _picture(drawing: Drawing, rows: list[Injection]) -> Picture:
    marks = {shape: [row.marks for row in rows if row.shape == shape] for shape in MarkShape}
    return Picture(
        label=str(drawing.label),
        url=static(f"img/chart-{drawing.value}.svg"),
        dots=[_placed(mark) for entry in marks[MarkShape.POINTS] for mark in entry],
        zones=[
            " ".join(f"{x},{y}" for x, y in map(_placed, entry)) for entry in marks[MarkShape.ZONE]
        ],
    )


def _placed(mark: list[float]) -> tuple[float, float]:
    """On the layer, which is 100 wide and 120 high."""
    return mark[0], round(mark[1] * 1.2, 2)
