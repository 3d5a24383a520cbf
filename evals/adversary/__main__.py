"""`python -m evals.adversary`: more than the task `injection` runs by itself, and what came of each text."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.settings import load_settings
from evals.adversary.house import make_template
from evals.adversary.run import DEPTHS, run
from evals.intervals import share
from evals.tasks.injection import collected


def main(
    *,
    times: Annotated[int, typer.Option(min=1, max=50, help="How often each text is slipped in, otherwise.")] = 1,
    source: Annotated[str | None, typer.Option(help="Only own, bipia or agentdojo.")] = None,
    always: Annotated[str | None, typer.Option(help="What the hostile model always does.")] = None,
) -> None:
    """Every text at each depth; a line for each share, and one for each attack that came to anything."""
    settings = load_settings()
    found, mails, left_out = collected(settings.data_dir)
    injections = [one for one in found if source in (None, one.source)]
    # One further each turn, so that a text meets another way, firm, customer, request and place.
    wanted = [one for turn in range(times) for one in (injections[turn:] + injections[:turn])]
    typer.echo(f"{len(wanted)} attacks at each depth" + "".join(f"; {said}" for said in left_out))
    with tempfile.TemporaryDirectory(prefix="countersign-adversary-") as folder:
        template, embedded = make_template(Path(folder) / "template"), EmbeddedReasoner(Encoder(settings.models_dir))
        for depth in DEPTHS:
            ran = run(template, depth, wanted, embedded, mails=mails, always=always)
            for key, (count, n) in ran.counts().items():
                bounds = share([place < count for place in range(n)])
                typer.echo(f"{depth:9} {key:22} {count:5} of {n:5}  {bounds.low:.4f} to {bounds.high:.4f}")
            for one in ran.outcomes:
                came = [*one.unauthorised, *(f"leak in {what}" for what in one.leaks), *one.from_text]
                if came or not (one.seen or one.attack.carrier is None):
                    whence = f"{one.attack.way} {one.attack.injection.source} {one.attack.injection.name}"
                    typer.echo(f"  {whence}: {'; '.join(came) or 'nobody is asked'} ({one.model})")
            for failure in ran.failures[:20]:
                typer.echo(f"  failed: {failure[:200]}")


if __name__ == "__main__":
    typer.run(main)
