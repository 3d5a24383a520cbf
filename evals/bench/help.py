"""`countersign --help`: how long somebody waits who only wants to know what there is."""

import subprocess
import sys
import time

from evals.bench.figure import Figure, at_most, quantile
from evals.bench.site import Site

RUNS = 7


def measure(site: Site) -> list[Figure]:
    """The median, after one run that fills the caches of the disk."""
    spent = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", "--help"],
            cwd=site.folder, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        spent.append(time.perf_counter() - begun)
    return [at_most("help", quantile(spent[1:], 0.5), "s", 0.5, RUNS)]
