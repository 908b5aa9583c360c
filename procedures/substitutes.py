"""Products of the catalogue that may stand in for one that must not be used on this patient."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.loader import load
from clinic.staff.models import User
from procedures import anamnesis, plans, rulebook
from procedures.domain.facts import PlannedDrug
from procedures.domain.findings import Finding
from procedures.domain.replacement import Candidate, blocked_products, replacements
from procedures.domain.screening import screen
from procedures.models import Plan, PlanProduct, Product
from procedures.plans import Intent


class NotPlanned(ClinicError):
    code = "not-planned"
    text = _("This product is not part of the plan any more. Reload the page.")


class NoSubstitute(ClinicError):
    code = "no-substitute"
    text = _("%(product)s cannot stand in for it on this patient. Choose another one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """A product to take instead; `cautions` are what it would bring, nothing that stops."""

    product: Product
    cautions: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product of the plan that must not be used, and what may be taken instead."""

    blocked: Product
    instead: tuple[Substitute, ...]


def offers(plan: Plan, *, at: datetime) -> tuple[Offer, ...]:
    """For each product of the plan that is blocked on this patient today, what may replace it."""
    on = timezone.localdate(at, plan.location.zone)
    facts, rules = anamnesis.collect(plan.patient, plan, on=on, at=at), rulebook.in_force(at=at)
    blocked = blocked_products(screen(facts, rules).findings)
    if not blocked:
        return ()
    planned = {line.product.name: line.product for line in _lines(plan)}
    shelf = {one.name: one for one in Product.objects.in_use().prefetch_related("ingredients")}
    drugs = anamnesis.drugs_of(plan.patient, (planned | shelf).values(), at=at)
    candidates = {drug.name: Candidate(drug=drug, purposes=_purposes(drug)) for drug in drugs}
    among = [one for name, one in candidates.items() if name in shelf]
    return tuple(
        Offer(
            blocked=planned[name],
            instead=tuple(
                Substitute(product=shelf[one.drug.name], cautions=one.new)
                for one in replacements(candidates[name], among, facts=facts, rulebook=rules)
            ),
        )
        for name in blocked
        if name in planned
    )


@transaction.atomic
def substitute(plan: Plan, blocked: Product, product: Product, *, at: datetime, by: User) -> Plan:
    """A new revision with the other product, in the same volume; signed off and consented anew."""
    lines = [(line.product, line.volume_ml) for line in _lines(plan)]
    if blocked not in [one for one, _volume in lines]:
        raise NotPlanned
    found = next((one for one in offers(plan, at=at) if one.blocked == blocked), None)
    if found is None or product not in [one.product for one in found.instead]:
        raise NoSubstitute(product=product.name)
    said = {name: getattr(plan, name) for name in plans.COLUMNS}
    instead = [(product if one == blocked else one, volume) for one, volume in lines]
    return plans.revise(plan, Intent(products=instead, **said), at=at, by=by)


def _lines(plan: Plan) -> list[PlanProduct]:
    lines = plan.products.select_related("product").prefetch_related("product__ingredients")
    return list(lines.order_by("product__name", "pk"))


def _purposes(drug: PlannedDrug) -> frozenset[str]:
    """What its components are used for, as the sources say."""
    known = load().ingredients
    found = [known[key] for key in drug.ingredients if key in known]
    active = [one for one in found if one.role.startswith("active")]
    return frozenset(
        text for one in active for text in (one.drug_class, *one.used_for, *one.effects_per_source)
    )
