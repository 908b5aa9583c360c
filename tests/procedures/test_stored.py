"""Facts that were kept are read again as they were."""

import json

from hypothesis import given

from procedures.domain.facts import Facts
from procedures.domain.stored import facts_from
from tests.procedures.test_screening_domain import everything


@given(everything)
def test_facts_are_read_as_they_were_kept(facts: Facts) -> None:
    kept = json.loads(json.dumps(facts.as_data()))
    assert facts_from(kept) == facts


@given(everything)
def test_what_a_later_version_no_longer_knows_is_left_out(facts: Facts) -> None:
    kept = json.loads(json.dumps(facts.as_data())) | {"something_old": [1, 2]}
    assert facts_from(kept) == facts
