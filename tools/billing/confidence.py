"""Confidence: how often people found a kind of finding to be right, learnt from their verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.billing.kinds import KINDS, Kind


@dataclass(frozen=True)
class Tally:
    """Verdicts on findings of one kind: `confirmed` by people, or `dismissed`."""

    confirmed: int = 0
    dismissed: int = 0


@dataclass(frozen=True)
class Learned:
    """A firm's verdicts by kind. They move how sure a finding is, not what is looked for, nor from where on."""

    tallies: Mapping[Kind, Tally] = field(default_factory=dict)

    def confidence(self, kind: Kind) -> int:
        """Percent: the mean of the beta distribution after the verdicts (Gelman et al., Bayesian Data Analysis)."""
        spec, seen = KINDS[kind], self.tallies.get(kind, Tally())
        return round(100 * (spec.sure + seen.confirmed) / (10 + seen.confirmed + seen.dismissed))


NOTHING_LEARNED = Learned()
