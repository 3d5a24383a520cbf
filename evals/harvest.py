"""Harvest: verdicts and corrections that people gave become candidate cases, a file for a person to go through.

No text, name, address or amount is in it: a candidate refers to the log's entry and to the event, whose content stays
sealed in the store under its subject's key. Whoever runs the accepted ones has them opened there, and what was erased
meanwhile is gone from the evaluation as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session, col, select

from app.actor import READS_ALL, Actor
from app.audit.leaf import Entry
from app.audit.vault import PayloadErased, PayloadUnknown
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import AuditEntry, Case, Decision, Event, Proposal, TriageRun
from app.workflow.learn import label_of

_KINDS = ("verdict.given", "case.corrected", "undo.asked")
_VERDICTS = ("approve", "reject", "edit")
TAKEN = "take"
_HEAD = """\
# Candidate cases, from what people said of the assistant's work. Set `status` to `take` or `leave`; then
# `countersign eval change_requests --test THIS_FILE` runs the ones that were taken and carry a label.
"""


class HarvestUnusable(Exception):
    """The file is none of candidates; the message names file, candidate and field."""


@dataclass(frozen=True)
class Harvest:
    """`erased`: how many were left out because what they were about is gone."""

    candidates: Sequence[Mapping[str, Any]]
    erased: int


def harvest(ground: Ground, actor: Actor, since: datetime | None = None) -> Harvest:
    """The candidates of the actor's firm, the oldest first. Raises Problem `not_permitted`."""
    actor.require(READS_ALL)
    found: list[Mapping[str, Any]] = []
    erased = 0
    with read_only(ground.engine) as session:
        for entry in _entries(session, actor.tenant, since):
            case = session.get(Case, entry.refs.get("case", ""))
            event = _event(session, case) if case is not None else None
            if case is None or event is None:
                continue
            if not _is_there(ground, session, event):
                erased += 1
                continue
            found.append(_candidate(session, entry, case, event))
    return Harvest(found, erased)


def write(path: Path, found: Harvest) -> None:
    """Raises OSError; a file that is there already is left as it is (FileExistsError): somebody may have edited it."""
    with path.open("x", encoding="utf-8") as file:
        file.write(_HEAD)
        yaml.safe_dump(list(found.candidates), file, sort_keys=False, allow_unicode=True, width=110)


def taken(path: Path) -> list[dict[str, Any]]:
    """The candidates of a file that a person took and that carry a label. Raises HarvestUnusable."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HarvestUnusable(f"{path}: {error}") from error
    if not isinstance(raw, list):
        raise HarvestUnusable(f"{path}: not a list of candidates")
    for place, one in enumerate(raw, 1):
        missing = [name for name in ("id", "tenant", "event", "status") if not isinstance(one, dict) or name not in one]
        if missing:
            raise HarvestUnusable(f"{path}, candidate {place}: there is no field {missing[0]}")
    return [one for one in raw if one["status"] == TAKEN and (one.get("suggests") or {}).get("category")]


def text_of(ground: Ground, candidate: Mapping[str, Any]) -> str | None:
    """The text that the candidate's event holds; None where it was erased or has none."""
    with read_only(ground.engine) as session:
        event = session.get(Event, str(candidate["event"]))
        if event is None or event.tenant != candidate["tenant"]:
            return None
        try:
            data: Mapping[str, Any] = ground.vault.open(session, event.tenant, event.payload)["data"]
        except (PayloadErased, PayloadUnknown):
            return None
    text = data.get("text")
    return text if isinstance(text, str) else None


def _entries(session: Session, tenant: str, since: datetime | None) -> Iterator[Entry]:
    query = select(AuditEntry.leaf).where(col(AuditEntry.tenant) == tenant, col(AuditEntry.kind).in_(_KINDS))
    if since is not None:
        query = query.where(col(AuditEntry.at) >= since)
    for leaf in session.exec(query.order_by(col(AuditEntry.seq))):
        entry = Entry.from_leaf(leaf)
        if entry.kind != "verdict.given" or entry.details.get("verdict") in _VERDICTS:
            yield entry


def _event(session: Session, case: Case) -> Event | None:
    query = select(Event).where(col(Event.case_id) == case.id).order_by(col(Event.time).desc(), col(Event.id).desc())
    return session.exec(query).first()


def _is_there(ground: Ground, session: Session, event: Event) -> bool:
    try:
        ground.vault.open(session, event.tenant, event.payload)
    except (PayloadErased, PayloadUnknown):
        return False
    return True


def _candidate(session: Session, entry: Entry, case: Case, event: Event) -> dict[str, Any]:
    run = session.exec(
        select(TriageRun).where(col(TriageRun.event_id) == event.id, col(TriageRun.status) == "done")
        .order_by(col(TriageRun.case_generation).desc(), col(TriageRun.id).desc())
    ).first()  # fmt: skip
    said = {
        "verdict.given": str(entry.details.get("verdict")), "undo.asked": "undo",
        "case.corrected": str(entry.details.get("kind")),
    }[entry.kind]  # fmt: skip
    return {
        "id": f"{entry.tenant}-{entry.seq}", "status": "candidate", "tenant": entry.tenant, "entry": entry.seq,
        "at": entry.at.isoformat(), "case": case.id, "event": event.id, "workflow": case.workflow, "said": said,
        "read_as": run and {
            "category": run.category, "urgency": run.urgency, "impact": run.impact, "confidence": run.confidence,
        },
        "proposed": _proposed(session, entry),
        "suggests": _suggests(said, entry, case, run),
    }  # fmt: skip


def _proposed(session: Session, entry: Entry) -> dict[str, Any] | None:
    proposal = session.get(Proposal, entry.refs.get("proposal", ""))
    if proposal is None:
        return None
    decisions = select(Decision).where(col(Decision.proposal_id) == proposal.id)
    first = session.exec(decisions.order_by(col(Decision.at), col(Decision.id))).first()
    return {
        "tool": proposal.tool, "decision": first.effect if first else None, "rules": list(first.rules) if first else [],
        "risk": first.risk_score if first else None,
    }  # fmt: skip


def _suggests(said: str, entry: Entry, case: Case, run: TriageRun | None) -> dict[str, Any]:
    """What the firm seems to want: a reading, or an action that it did or did not."""
    category = run.category if run and run.category and "." not in run.category else None
    if said == "reclassify":
        return {"category": label_of(case.kind), "because": "a person said what it is"}
    if said == "dismiss":
        return {"proposals": "none", "because": "a person said that it is no request"}
    if said in ("reject", "undo"):
        return {"proposals": f"no {entry.details.get('tool', 'action')}", "because": f"a person said {said}"}
    if said == "edit":
        return {"proposals": "other arguments", "because": "a person typed others"}
    if said == "approve":
        return {"category": category, "because": "a person approved what came of it"}
    return {"because": f"a person said {said}"}
