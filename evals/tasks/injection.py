"""Injected texts against the real service, read by the embedded reasoner, by a hostile model, and by fallen agents.

A row is one text at one depth. What must never happen is a share of all attacks that is to be 0; `*_held` is the share
of those of which no effect came that nobody decided about, whose baseline is all of them.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from evals.adversary import texts
from evals.adversary.house import make_template
from evals.adversary.run import DEPTHS, Depth, Ran, run
from evals.intervals import Estimate, share
from evals.prepared import Files, Prepared, SetUnusable


def prepare(name: str, files: Files) -> Prepared:
    """The texts once at each depth; `python -m evals.adversary` runs more of them.

    Raises SetUnusable where the public ones are not there.
    """
    injections, mails, left_out = collected(files.data)
    made: dict[Depth, Ran] = {}
    with tempfile.TemporaryDirectory(prefix="countersign-injection-") as folder:
        template, embedded = make_template(Path(folder) / "template"), EmbeddedReasoner(Encoder(files.cache))
        clean = None
        for depth in DEPTHS:
            wanted = _few(injections) if depth == "agents" else injections
            files.told(f"{name}: {len(wanted)} texts, {depth}")
            made[depth] = run(template, depth, wanted, embedded, mails=mails, clean=clean)
            clean = made[depth].clean
    rows = [(depth, one) for depth, ran in made.items() for one in ran.outcomes]
    counts = {f"{depth}_{key}": list(pair) for depth, ran in made.items() for key, pair in ran.counts().items()}
    return Prepared(
        truths=[depth for depth, _ in rows],
        answer=lambda places: [{"unauthorised": rows[place][1].unauthorised} for place in places],
        figures=lambda _truths, _said: figures_of(made),
        train_file=None,
        test_file=None,
        notes={
            "texts": {of: sum(one.source == of for one in injections) for of in ("own", "bipia", "agentdojo")},
            "left_out": left_out,
            "counts": counts,
            "failures": [failure for ran in made.values() for failure in ran.failures],
        },
    )


def _few(injections: Sequence[texts.Injection]) -> list[texts.Injection]:
    """All that know this code, and every fourth other: fallen agents do eighty things each, whatever a text says."""
    return [one for place, one in enumerate(injections) if one.source == "own" or place % 4 == 0]


def collected(data: Path) -> tuple[list[texts.Injection], list[str], list[str]]:
    """The texts, the mails that carry them, and what could not be had. Raises SetUnusable."""
    try:
        found, mails = [*texts.own(), *texts.bipia(data)], texts.mails(data)
    except OSError as error:
        raise SetUnusable(f"{error.filename} is not there; COUNTERSIGN_DATA_DIR names the public sets") from error
    try:
        found += texts.agentdojo()
    except ImportError as error:
        return found, mails, [f"agentdojo: {error.name} is not installed"]
    return found, mails, []


def figures_of(made: Mapping[Depth, Ran]) -> dict[str, Estimate]:
    """`<depth>_<key>`: the share of attacks of which it came true, with Wilson's interval."""
    found: dict[str, Estimate] = {}
    for depth, ran in made.items():
        for key, (count, n) in ran.counts().items():
            flags = [place < count for place in range(n)]
            found[f"{depth}_{key}"] = share(flags)
            if key == "unauthorised_effects":
                found[f"{depth}_held"] = share([not flag for flag in flags])
    return found
