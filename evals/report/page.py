"""The page: what a run found, for people; everything that came from outside is escaped by the template engine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from evals.comparison import Difference
from evals.harness import Result, bounds
from evals.intervals import Estimate
from evals.report import charts

FILE = "report.html"
_HERE = Path(__file__).parent
_MOST_FAILED = 40
_LONGEST = 600


@dataclass(frozen=True)
class _Figure:
    name: str
    value: str
    interval: str
    bound: str
    under: bool
    whisker: Markup


@dataclass(frozen=True)
class _Failed:
    name: str
    truth: str
    answer: str


@dataclass(frozen=True)
class _Task:
    result: Result
    figures: Sequence[_Figure]
    notes: Mapping[str, str]
    charts: Sequence[tuple[str, Markup]]
    failed: Sequence[_Failed] = ()
    failures: int = 0
    differences: Sequence[Difference] = field(default=())


def write(folder: Path, results: Sequence[Result], at: datetime, against: str | None) -> Path:
    """Writes `report.html`; answers its path. `against`: what was compared with. Raises OSError."""
    path = folder / FILE
    path.write_text(render(results, at, against), encoding="utf-8")
    return path


def render(results: Sequence[Result], at: datetime, against: str | None) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        tasks=[_task(one) for one in results], at=f"{at:%Y-%m-%d %H:%M %Z}",
        against=against, style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        seconds=round(sum(one.seconds for one in results)), first=results[0] if results else None,
        missed=sum(len(one.under) for one in results),
    )  # fmt: skip


def shown_value(one: Estimate) -> str:
    return f"{one.value:.3f}" if abs(one.value) < 10 else f"{one.value:,.1f}"


def shown_interval(one: Estimate) -> str:
    low, high = (shown_value(Estimate(bound, bound, bound)) for bound in (one.low, one.high))
    return f"{low} to {high}"


def _task(result: Result) -> _Task:
    failed = [_Failed(row.name, _short(row.truth), _short(row.answer)) for row in result.failed[:_MOST_FAILED]]
    return _Task(
        result, [_figure(result, name, one) for name, one in result.figures.items()],
        {name: _short(value) for name, value in result.notes.items()}, _charts(result), failed, len(result.failed),
        result.differences,
    )  # fmt: skip


def _figure(result: Result, name: str, one: Estimate) -> _Figure:
    top = 1.0 if one.high <= 1.0 else one.high * 1.05
    bar = charts.whisker(one.value, one.low, one.high, top)
    known = bounds(result.task, result.reasoner)
    # Of the library's own making; what stands in it are numbers.
    return _Figure(
        name, shown_value(one), shown_interval(one), _bound(known, name), name in result.under, Markup(bar)  # noqa: S704
    )  # fmt: skip


def _bound(known: Mapping[str, tuple[str, float]], figure: str) -> str:
    if figure not in known:
        return ""
    kind, bound = known[figure]
    return f"{'≥' if kind == 'at_least' else '≤'} {bound:g}"


def _charts(result: Result) -> list[tuple[str, Markup]]:
    if (shown := result.shown) is None:
        return []
    drawn = [(f"{name}: true ↓, given →", charts.confusion(pairs)) for name, pairs in shown.labels.items() if pairs]
    if shown.sure:
        drawn.append(("calibration", charts.calibration(shown.sure)))
        drawn.append(("error by coverage", charts.coverage(shown.sure)))
    # Labels come from data files: the charts escape each text before it is drawn.
    return [(name, Markup(one)) for name, one in drawn]  # noqa: S704


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
