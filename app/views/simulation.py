"""Simulation: a candidate ruleset over what was decided, and over what people then said."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from app import tenancy
from app.actor import READS_ALL, Actor
from app.errors import FieldError, Problem, pointer
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Decision, Review
from policies.reading import RulesetInvalid
from policies.ruleset import Ruleset, read_ruleset
from policies.simulate import Recorded, simulate

MOST_DECISIONS = 5_000


def simulate_texts(ground: Ground, actor: Actor, files: Mapping[str, str], limit: int) -> dict[str, Any]:
    """The candidate of file names and texts over the newest `limit` first decisions.

    Answers policies.simulate.Simulation, and `skipped`: decisions whose request is not of this version's form.
    Raises Problem `not_permitted`, `invalid_body` with each error of the rules.
    """
    actor.require(READS_ALL)
    try:
        candidate = read_ruleset(files)
    except RulesetInvalid as invalid:
        errors = [
            FieldError(pointer=pointer("files", Path(each.file).name), detail=str(each)) for each in invalid.errors
        ]
        raise Problem("invalid_body", "The ruleset is not valid.", errors=errors) from None
    return simulate_ruleset(ground, actor.tenant, candidate, limit)


def simulate_ruleset(ground: Ground, tenant: str, candidate: Ruleset, limit: int = MOST_DECISIONS) -> dict[str, Any]:
    with read_only(ground.engine) as session:
        recorded, skipped = _recorded(session, tenant, min(limit, MOST_DECISIONS))
    return simulate(candidate, recorded).model_dump(mode="json") | {"skipped": skipped}


def _recorded(session: Session, tenant: str, limit: int) -> tuple[list[Recorded], int]:
    settings = tenancy.read(session, tenant)
    query = select(Decision).where(col(Decision.tenant) == tenant, col(Decision.stage) == "propose")
    rows = session.exec(query.order_by(col(Decision.at).desc(), col(Decision.id).desc()).limit(limit)).all()
    said: dict[str, str] = {}
    for start in range(0, len(rows), 500):
        proposals = [row.proposal_id for row in rows[start : start + 500]]
        ended = select(Review.proposal_id, Review.status).where(
            col(Review.proposal_id).in_(proposals), col(Review.status).in_(("approved", "rejected"))
        )
        said |= dict(session.exec(ended).all())
    recorded: list[Recorded] = []
    for row in rows:
        own = settings.thresholds(row.request.get("unit"), row.request.get("tool", ""))
        plain = {
            "id": row.proposal_id, "request": row.request, "doubt": row.doubt, "mode": row.mode, "effect": row.effect,
            "requirements": row.requirements, "verdict": said.get(row.proposal_id),
            "thresholds": own.model_dump(mode="json") if own else None,
        }  # fmt: skip
        try:
            recorded.append(Recorded.model_validate_json(json.dumps(plain)))
        except ValidationError:
            continue
    return recorded, len(rows) - len(recorded)
