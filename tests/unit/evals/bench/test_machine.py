"""What the machine takes is stated, and holds nothing to account."""

from pathlib import Path

from evals.bench.machine import measure
from evals.bench.site import Site


def test_the_machines_own_figures_have_no_budget(tmp_path: Path) -> None:
    found = measure(Site(tmp_path))
    assert [(one.name, one.unit, one.budget, one.holds) for one in found] == [
        ("machine.json", "ms CPU", None, None), ("machine.fsync", "ms", None, None),
    ]  # fmt: skip
    assert all(one.figure > 0 for one in found)
