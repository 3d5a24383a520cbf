"""Many firms at rest: what runs every few seconds must not cost by the firm."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.bootstrap import build
from app.identity.principals import add_principal, machine_actor
from app.identity.tenants import add_tenant
from app.settings import Settings
from app.store.models import Checkpoint
from app.workflow import sweep
from tests.integration.limits.sizes import sized, tell

FIRMS = sized(40, 1000)


@pytest.mark.slow
def test_firms_at_rest_cost_no_writing_and_one_that_acts_is_signed(tmp_path: Path) -> None:
    service = build(Settings(home=tmp_path / "home"))
    ctx = service.context
    try:
        for number in range(FIRMS):
            add_tenant(ctx, f"firm-{number}", f"Firm {number}", connectors={}, settings={"mode": "propose"})
        sweep.checkpoints(ctx)
        statements: list[str] = []
        sa.event.listen(ctx.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        begun = time.process_time()
        for each in (sweep.checkpoints, sweep.reviews, sweep.lost_work, sweep.rules):
            each(ctx)
        tell(f"{FIRMS} firms at rest: {(time.process_time() - begun) * 1000:.0f} ms CPU for one round of sweeps")
        assert len(statements) < 20, f"{len(statements)} statements for firms at rest"
        add_principal(ctx, machine_actor("firm-7"), name="ann", kind="person")
        sweep.checkpoints(ctx)
        with ctx.engine.connect() as connection:
            signed = connection.execute(
                sa.select(sa.func.count()).select_from(Checkpoint).where(Checkpoint.tenant == "firm-7")  # type: ignore[arg-type]
            ).scalar_one()
        assert signed == 2
    finally:
        service.close()
