"""One decision, risk and rules: what it costs of a processor, under 50 rules and under 200."""

import json
import time
from typing import Any

import yaml
from sqlmodel import select

from app.store.engine import read_only
from app.store.models import Decision
from evals.bench.figure import Figure, at_most, quantile
from evals.bench.firm import firm, work_off
from evals.bench.site import Site
from policies.engine import Engine
from policies.request import PolicyRequest
from policies.risk import Doubt
from policies.ruleset import RULES, load_ruleset, read_ruleset

EVENTS, DECISIONS = 150, 5_000
BUDGETS = {50: (300, 600), 200: (600, 1_000)}
"""Rules → microseconds of CPU at the median and at the 99th percentile."""


def measure(site: Site) -> list[Figure]:
    """The questions are those that a firm's events of every type ask."""
    with site.home() as home, firm(home) as one:
        work_off(one, EVENTS)
        with read_only(one.service.context.engine) as session:
            asked = [
                (PolicyRequest.model_validate(row.request), Doubt.model_validate(row.doubt))
                for row in session.exec(select(Decision))
                if row.request
            ]
    figures: list[Figure] = []
    for count, (median, worst) in BUDGETS.items():
        spent = _timed(Engine(read_ruleset(rules(count))), asked)
        figures += [
            at_most(f"decision.{count}_rules.p50", quantile(spent, 0.5), "µs CPU", median, len(spent)),
            at_most(f"decision.{count}_rules.p99", quantile(spent, 0.99), "µs CPU", worst, len(spent)),
        ]
    return figures


def rules(count: int) -> dict[str, str]:
    """Rule files of `count` rules: the product's own, and copies of them, each for a workflow of its own."""
    own: list[dict[str, Any]] = [
        rule
        for file in sorted(RULES.glob("*.yaml"))
        if isinstance(found := yaml.safe_load(file.read_text("utf-8")), list)
        for rule in found
    ]
    assert len(load_ruleset().rules) == len(own)
    made = own[:count]
    for number in range(count - len(made)):
        copied = {name: value for name, value in own[number % len(own)].items() if name != "examples"}
        made.append(copied | {"id": f"{copied['id']}-{number}", "workflows": [f"workflow-{number}"]})
    return {"rules.yaml": json.dumps(made)}  # JSON is YAML


def _timed(engine: Engine, asked: list[tuple[PolicyRequest, Doubt]]) -> list[float]:
    """Microseconds of CPU of each decision, after as many to warm up as were asked."""
    for request, doubt in asked:
        engine.judge(request, doubt, "auto")
    spent: list[float] = []
    for number in range(DECISIONS):
        request, doubt = asked[number % len(asked)]
        begun = time.thread_time_ns()
        engine.judge(request, doubt, "auto")
        spent.append((time.thread_time_ns() - begun) / 1e3)
    return spent
