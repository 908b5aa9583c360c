"""Changes of the rules by imaginary doctors, through the use cases."""

import json
from datetime import datetime
from typing import Any

from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import drafts, rulebook, suite
from procedures.domain.changes import ChangeKind
from procedures.domain.outcomes import Outcome
from procedures.drafts import Wish
from procedures.models import RulebookDraft, RulebookVersion
from tests.factories.staff import NOW, make_staff


def make_wish(**changes: Any) -> Wish:
    """Stricter: pregnancy of a kind that only cautions elsewhere would block; name what matters."""
    facts: dict[str, Any] = {
        "kind": ChangeKind.STRICTER,
        "rule": mild_rule(),
        "outcome": Outcome.BLOCK,
        "reason": "Agreed by the doctors of this imaginary clinic",
    }
    return Wish(**(facts | changes))


def mild_rule(*, at: datetime = NOW) -> str:
    """A rule of the questionnaire that only asks for caution."""
    known = rulebook.known(at=at)
    return next(
        key
        for key, one in known.items()
        if key.startswith("CI-") and one.outcomes[0] is Outcome.CAUTION
    )


def make_draft(*wishes: Wish, at: datetime = NOW, by: User | None = None) -> RulebookDraft:
    """Open, with these lines."""
    by = by or make_staff(Role.CLINICAL_LEAD)
    for wish in wishes or (make_wish(),):
        drafts.change(wish, at=at, by=by)
    draft = drafts.open_draft()
    assert draft is not None
    return draft


def seen(draft: RulebookDraft, *, at: datetime = NOW) -> str:
    """What the page of the draft shows."""
    return rulebook.digest(rulebook.after(draft, at=at))


def make_version(*wishes: Wish, at: datetime = NOW) -> RulebookVersion:
    """Drafted by one doctor and published by another."""
    one, other = make_staff(Role.CLINICAL_LEAD), make_staff(Role.CLINICAL_LEAD)
    draft = make_draft(*wishes, at=at, by=one)
    drafts.propose(draft, "Reviewed", seen=seen(draft, at=at), at=at, by=one)
    return drafts.publish(draft, seen=seen(draft, at=at), at=at, by=other)


def make_own_rules(*, at: datetime, by: User) -> None:
    """Something of everything: a version, an open draft, a case that is kept."""
    make_version(at=at)
    make_draft(make_wish(outcome=Outcome.HOLD_FOR_DOCTOR), at=at, by=by)
    case = {"id": "nobody", "facts": {"on": "2026-03-04"}, "expected": {"decision": "defer"}}
    suite.keep([json.dumps(case).encode()], at=at, by=by)
