"""The solver's process: a model a line on stdin; on stdout each better solution and bound, and at last the end.

It imports of OR-Tools only the compiled part under the Python interface, which starts in a tenth of a second; the
interface itself loads pandas for as long as many of the firm's problems take in all.

A line in: {"model", "seconds", "workers", "seed", "work", "more", "relax"}. Lines out: {"values": [[variable, value],
…] of those not 0, "objective", "bound", "at"}, {"bound"}, {"end": {"status", "core"}}.
"""

import contextlib
import json
import os
import resource
import sys
import threading
import time
from typing import Any

from ortools.sat.python import cp_model_helper as cp

from tools.cpsat.relaxation import Relaxation, relaxed

_STATUS = {
    cp.CpSolverStatus.OPTIMAL: "optimal", cp.CpSolverStatus.FEASIBLE: "feasible",
    cp.CpSolverStatus.INFEASIBLE: "infeasible", cp.CpSolverStatus.MODEL_INVALID: "invalid",
}  # fmt: skip
_CORE = 3_000
"""Variables that stay free in the first search of a relaxed model: those that cost least above the bound."""

_SHARE = 0.4
"""Of the time that is left, for that first search."""


def main(memory_mb: int) -> None:
    with contextlib.suppress(ValueError):  # a lower limit is in force already
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    asked: list[str] = []
    arrived = threading.Condition()
    threading.Thread(target=_listen, args=(asked, arrived), daemon=True).start()
    while True:
        with arrived:
            arrived.wait_for(lambda: bool(asked))
            line = asked.pop()
        _Solve(json.loads(line)).run()


def _listen(asked: list[str], arrived: threading.Condition) -> None:
    for line in sys.stdin:
        with arrived:
            asked.append(line)
            arrived.notify()
    # Nobody is there any more to hear an answer: a search that runs is of no use.
    os._exit(0)


class _Solve:
    """One model, from its line to its end."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked, self._begun = asked, time.monotonic()
        self._model = cp.CpModelProto()
        self._best: int | None = None
        self._values: dict[int, int] = {}

    def run(self) -> None:
        if not self._model.parse_text_format(self._asked["model"]):
            _tell({"end": {"status": "invalid"}})
            return
        relaxation = relaxed(self._model) if self._asked["relax"] else None
        if relaxation is None:
            response = self._search(self._model, self._left())
            end: dict[str, Any] = {"status": _STATUS.get(response.status, "unknown")}
            if end["status"] == "infeasible":
                end["core"] = list(response.sufficient_assumptions_for_infeasibility)
            _tell({"end": end})
        else:
            _tell({"end": {"status": self._by_core(relaxation)}})

    def _by_core(self, relaxation: Relaxation) -> str:
        """First the variables that the relaxation likes best, for a good solution; then all that could still be part
        of a better one. What is left out by then cannot, so that the second search proves what it finds."""
        _tell({"bound": relaxation.bound})
        few = cp.CpModelProto()
        few.copy_from(self._model)
        _fix(few, relaxation.beyond_first(_CORE, keep=self._hinted()))
        # A bound on the work makes the same run every time; there the clock must not divide it.
        share = _SHARE if self._asked["work"] is None else 1
        self._search(few, self._left() * share, partial=True)
        if self._best is not None and self._best <= relaxation.bound:
            return "optimal"
        if self._best is not None:
            _fix(self._model, relaxation.dearer_than(self._best, keep=set(self._values)))
            self._hint(self._values)
        response = self._search(self._model, max(0.1, self._left()))
        return _STATUS.get(response.status, "feasible" if self._best is not None else "unknown")

    def _search(self, model: Any, seconds: float, *, partial: bool = False) -> Any:
        """A `partial` model's bound is none of the whole one's."""
        wrapper: Any = cp.SolveWrapper()
        wrapper.set_parameters(self._parameters(seconds))
        hears = _Solutions(self, partial)  # kept here: the library holds no reference
        wrapper.add_solution_callback(hears)
        if not partial and model.has_objective():
            wrapper.add_best_bound_callback(lambda bound: _tell({"bound": _whole(bound)}))
        return wrapper.solve(model)

    def _parameters(self, seconds: float) -> Any:
        asked, parameters = self._asked, cp.SatParameters()
        text = (
            f"max_time_in_seconds:{seconds} num_workers:{asked['workers']} random_seed:{asked['seed']} {asked['more']}"
        )
        if asked["work"] is not None:
            text += f" max_deterministic_time:{asked['work']} interleave_search:{str(asked['workers'] > 1).lower()}"
        if not parameters.parse_text_format(text):
            raise ValueError(f"no parameters: {text}")
        return parameters

    def found(self, solution: list[int], objective: int, bound: int | None) -> None:
        if self._best is not None and objective >= self._best and self._model.has_objective():
            return
        self._best, self._values = objective, {place: value for place, value in enumerate(solution) if value}
        told = {"values": list(self._values.items()), "objective": objective, "bound": bound}
        _tell(told | {"at": round(time.monotonic() - self._begun, 3)})

    def _hinted(self) -> set[int]:
        hint = self._model.solution_hint
        return {name for name, value in zip(hint.vars, hint.values, strict=True) if value}

    def _hint(self, values: dict[int, int]) -> None:
        self._model.clear_solution_hint()
        names = range(len(self._model.variables))
        self._model.solution_hint.vars.extend(list(names))
        self._model.solution_hint.values.extend([values.get(name, 0) for name in names])

    def _left(self) -> float:
        return max(0.1, float(self._asked["seconds"]) - (time.monotonic() - self._begun))


class _Solutions(cp.SolutionCallback):
    def __init__(self, solve: _Solve, partial: bool) -> None:  # noqa: FBT001
        super().__init__()
        self._solve, self._partial = solve, partial

    def OnSolutionCallback(self) -> None:  # noqa: N802
        bound = None if self._partial else _whole(self.BestObjectiveBound())
        response: Any = self.Response()  # type: ignore[no-untyped-call]
        self._solve.found(list(response.solution), round(self.ObjectiveValue()), bound)


def _fix(model: Any, zeros: list[int]) -> None:
    for name in zeros:
        domain = model.variables[name].domain
        domain.clear()
        domain.extend([0, 0])


def _whole(bound: float) -> int | None:
    return round(bound) if abs(bound) < 2**53 else None


_writing = threading.Lock()


def _tell(line: dict[str, Any]) -> None:
    with _writing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
