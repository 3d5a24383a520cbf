"""Confidence: how often people found a kind of finding to be right, learnt from their verdicts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tools.billing.kinds import KINDS, Kind

MOST_OF_ONE = 6
"""Verdicts of one person that count on each side of a kind: nobody alone brings one below `Limits.doubt_below`."""


@dataclass(frozen=True)
class Vote:
    """What one person's verdict on a proposal says of a kind of finding that the proposal was made for."""

    kind: Kind
    person: str
    confirms: bool


@dataclass(frozen=True)
class Tally:
    """Verdicts on findings of one kind: `confirmed` by people, or `dismissed`."""

    confirmed: int = 0
    dismissed: int = 0


@dataclass(frozen=True)
class Learned:
    """A firm's verdicts by kind. They move how sure a finding is, not what is looked for, nor from where on."""

    tallies: Mapping[Kind, Tally] = field(default_factory=dict)

    @classmethod
    def of(cls, votes: Iterable[Vote]) -> "Learned":
        """Of each person at most `MOST_OF_ONE` verdicts for and against a kind count."""
        cast: dict[Vote, int] = defaultdict(int)
        for vote in votes:
            cast[vote] += 1
        tallies: dict[Kind, Tally] = {}
        for vote, times in cast.items():
            before, count = tallies.get(vote.kind, Tally()), min(times, MOST_OF_ONE)
            tallies[vote.kind] = Tally(
                before.confirmed + count * vote.confirms, before.dismissed + count * (not vote.confirms)
            )
        return cls(tallies)

    def confidence(self, kind: Kind) -> int:
        """Percent: the mean of the beta distribution after the verdicts (Gelman et al., Bayesian Data Analysis)."""
        spec, seen = KINDS[kind], self.tallies.get(kind, Tally())
        return round(100 * (spec.sure + seen.confirmed) / (10 + seen.confirmed + seen.dismissed))


NOTHING_LEARNED = Learned()
