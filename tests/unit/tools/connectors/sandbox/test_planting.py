"""The planted firm: what is noted as wrong is wrong, everything else is as it was."""

from collections import Counter
from datetime import date

import pytest

from tools.billing.kinds import KINDS
from tools.connectors.sandbox import Sandbox
from tools.connectors.sandbox.firm import tidy
from tools.connectors.sandbox.planting import planted_firm

TODAY = date(2026, 3, 18)


def test_the_same_seed_plants_the_same_mistakes() -> None:
    assert planted_firm(7, TODAY, 1) == planted_firm(7, TODAY, 1)
    assert planted_firm(7, TODAY, 1)[1] != planted_firm(8, TODAY, 1)[1]


def test_nothing_is_planted_in_a_tidy_firm() -> None:
    assert planted_firm(7, TODAY, 0) == (tidy(7, TODAY), [])


@pytest.mark.parametrize("today", [TODAY, date(2026, 11, 5), date(2028, 2, 29)])
def test_each_truth_names_a_record_that_was_changed_or_made(today: date) -> None:
    before = {str(record.key): record for record in tidy(3, today)}
    records, planted = planted_firm(3, today, 1)
    after = {str(record.key): record for record in records}
    assert len(after) == len(records), "an id is used twice"
    assert {kind for kind, _ in planted} <= KINDS.keys()
    indirect = {
        "round_amounts", "rate_card_missing", "cap_exceeded", "time_flagged", "time_unapproved", "contact_missing",
    }  # fmt: skip
    for kind, key in planted:
        assert str(key) in after, (kind, key)
        assert kind in indirect or after[str(key)] != before.get(str(key)), (kind, key)
    assert max(Counter(planted).values()) == 1


def test_nearly_every_kind_is_planted() -> None:
    planted = {kind for kind, _ in planted_firm(5, TODAY, 1)[1]}
    assert KINDS.keys() - planted <= {"exchange_rate_missing"}


def test_the_sandbox_holds_what_was_planted(firm: Sandbox) -> None:
    planted = firm.plant(7, TODAY, 1)
    assert planted == planted_firm(7, TODAY, 1)[1]
    assert all(firm.show(key.kind, key.id) for _, key in planted)
