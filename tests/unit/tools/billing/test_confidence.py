"""Confidence learns from verdicts; what is found does not."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.billing.small_books import entry, found
from tools.billing.checks import ALL, TIME
from tools.billing.confidence import MOST_OF_ONE, Learned, Tally, Vote
from tools.billing.kinds import KINDS, Kind
from tools.billing.limits import Limits

counts = st.integers(0, 10_000)
any_kind = st.sampled_from(sorted(KINDS))


@given(any_kind, counts, counts)
def test_a_confirmation_raises_and_a_dismissal_lowers(kind: Kind, confirmed: int, dismissed: int) -> None:
    now = Learned({kind: Tally(confirmed, dismissed)}).confidence(kind)
    assert 0 <= now <= 100
    assert Learned({kind: Tally(confirmed + 50, dismissed)}).confidence(kind) >= now
    assert Learned({kind: Tally(confirmed, dismissed + 50)}).confidence(kind) <= now


@given(any_kind, st.integers(1, 99))
def test_many_verdicts_are_believed(kind: Kind, percent: int) -> None:
    learned = Learned({kind: Tally(percent * 100, (100 - percent) * 100)})
    assert abs(learned.confidence(kind) - percent) <= 1


@given(any_kind, st.integers(0, 500))
def test_nobody_alone_makes_a_kind_doubtful(kind: Kind, times: int) -> None:
    alone = Learned.of([Vote(kind, "per-1", confirms=False)] * times)
    assert alone.confidence(kind) >= Limits().doubt_below
    assert alone.tallies.get(kind, Tally()).dismissed == min(times, MOST_OF_ONE)


def test_verdicts_of_several_people_add_up() -> None:
    votes = [Vote("round_amounts", person, confirms=False) for person in ("per-1", "per-2", "per-3")] * 5
    learned = Learned.of([*votes, Vote("round_amounts", "per-1", confirms=True)])
    assert learned.tallies == {"round_amounts": Tally(confirmed=1, dismissed=15)}
    assert learned.confidence("round_amounts") < Limits().doubt_below


def test_verdicts_change_how_sure_a_finding_is_and_nothing_else() -> None:
    bad = entry(minutes=1_500)
    (before,) = found(TIME, bad)
    (after,) = found(TIME, bad, learned=Learned({"impossible_hours": Tally(0, 500)}))
    assert after.confidence < 5 < before.confidence
    assert (after.kind, after.says, after.stake, after.evidence) == (
        before.kind, before.says, before.stake, before.evidence,
    )  # fmt: skip


def test_every_kind_says_who_owns_the_value_and_what_to_do() -> None:
    for spec in KINDS.values():
        assert spec.title
        assert spec.remedy.endswith(".")
        assert 5 <= spec.sure < 10
    assert len(ALL) == len(set(ALL))
