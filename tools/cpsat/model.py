"""Model: a constraint model, written down as it is built in the text form of CP-SAT's own `CpModelProto`.

Nothing of OR-Tools is imported here, so that building a model costs the caller no memory and no start.
"""

from collections.abc import Iterable, Sequence

Term = tuple[int, int]
"""A coefficient and a variable."""

MAX = 2**63 - 1
MIN = -(2**63)


class Model:
    """Variables are numbers from 0; a literal is a boolean variable, or `~variable` for its negation.

    All coefficients, bounds and the objective are integers. Nothing is checked here: what is no model is refused by the
    solver, and the answer then is `invalid`.
    """

    def __init__(self) -> None:
        self._variables: list[str] = []
        self._constraints: list[str] = []
        self._objective = ""
        self._hints: dict[int, int] = {}
        self._assumptions: list[int] = []

    @property
    def size(self) -> tuple[int, int]:
        """How many variables and constraints there are."""
        return len(self._variables), len(self._constraints)

    def integer(self, low: int, high: int) -> int:
        self._variables.append(f"variables{{domain:[{low},{high}]}}")
        return len(self._variables) - 1

    def boolean(self) -> int:
        return self.integer(0, 1)

    def linear(self, terms: Sequence[Term], low: int = MIN, high: int = MAX, *, only_if: Sequence[int] = ()) -> None:
        """`low` ≤ the sum of `terms` ≤ `high`, wherever all literals of `only_if` hold."""
        condition = f"enforcement_literal:{_list(only_if)}" if only_if else ""
        coeffs, names = _list(coeff for coeff, _ in terms), _list(name for _, name in terms)
        self._constraints.append(
            f"constraints{{{condition}linear{{vars:{names} coeffs:{coeffs} domain:[{low},{high}]}}}}"
        )

    def exactly_one(self, literals: Iterable[int]) -> None:
        self._constraints.append(f"constraints{{exactly_one{{literals:{_list(literals)}}}}}")

    def at_most_one(self, literals: Iterable[int]) -> None:
        self._constraints.append(f"constraints{{at_most_one{{literals:{_list(literals)}}}}}")

    def at_least_one(self, literals: Iterable[int]) -> None:
        self._constraints.append(f"constraints{{bool_or{{literals:{_list(literals)}}}}}")

    def interval(self, start: int, size: int, *, only_if: int | None = None) -> int:
        """An interval of fixed size from the variable `start`, present where the literal holds; its number."""
        condition = "" if only_if is None else f"enforcement_literal:[{only_if}]"
        begin, end = (f"vars:[{start}] coeffs:[1] offset:{offset}" for offset in (0, size))
        self._constraints.append(
            f"constraints{{{condition}interval{{start{{{begin}}} end{{{end}}} size{{offset:{size}}}}}}}"
        )
        return len(self._constraints) - 1

    def no_overlap(self, intervals: Iterable[int]) -> None:
        self._constraints.append(f"constraints{{no_overlap{{intervals:{_list(intervals)}}}}}")

    def cumulative(self, demands: Sequence[tuple[int, int]], capacity: int) -> None:
        """Of `demands` (variable, interval) those that run at one time never need more than `capacity` together."""
        amounts = " ".join(f"demands{{vars:[{name}] coeffs:[1]}}" for name, _ in demands)
        intervals = _list(interval for _, interval in demands)
        self._constraints.append(
            f"constraints{{cumulative{{capacity{{offset:{capacity}}} intervals:{intervals} {amounts}}}}}"
        )

    def minimize(self, terms: Sequence[Term]) -> None:
        """Replaces the objective, if there was one."""
        coeffs, names = _list(coeff for coeff, _ in terms), _list(name for _, name in terms)
        self._objective = f"objective{{vars:{names} coeffs:{coeffs}}}"

    def hint(self, variable: int, value: int) -> None:
        """Where the search begins; a complete and valid set of hints is the first solution."""
        self._hints[variable] = value

    def assume(self, literals: Iterable[int]) -> None:
        """Literals that hold; if they cannot all hold, the answer's core names some that cannot hold together."""
        self._assumptions = list(literals)

    def text(self) -> str:
        hint = ""
        if self._hints:
            hint = f"solution_hint{{vars:{_list(self._hints)} values:{_list(self._hints.values())}}}"
        assumed = f"assumptions:{_list(self._assumptions)}" if self._assumptions else ""
        return "\n".join([*self._variables, *self._constraints, self._objective, hint, assumed])


def _list(numbers: Iterable[int]) -> str:
    return f"[{','.join(map(str, numbers))}]"
