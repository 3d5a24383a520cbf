"""The feed: what happens in one firm, a line an entry, read from its log as the log grows."""

from collections.abc import Iterator

from sqlmodel import Session

from app.audit.leaf import Entry
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Case, Event, Principal, TriageRun

_EFFECTS = {"auto": "runs by itself", "review": "waits for people", "deny": "refused by policy"}
_AT_ONCE = 200


class Feed:
    """Follows a tenant's log from where it stands when the feed is made. Not for several threads at once."""

    def __init__(self, ground: Ground, tenant: str) -> None:
        self._ground, self._tenant = ground, tenant
        with read_only(ground.engine) as session:
            self._next = ground.log.head(session, tenant).size

    def lines(self) -> Iterator[str]:
        """What has happened since the last call; entries that say nothing to an onlooker are passed over."""
        with read_only(self._ground.engine) as session:
            entries = self._ground.log.entries(session, self._tenant, start=self._next, limit=_AT_ONCE)
            told = [(entry, _told(session, entry)) for entry in entries]
        for entry, text in told:
            self._next = entry.seq + 1
            if text is not None:
                yield f"{entry.at.astimezone():%H:%M:%S}  {text}"


def _told(session: Session, entry: Entry) -> str | None:
    details = entry.model_dump(mode="json")["details"]
    kind, _, rest = entry.kind.partition(".")
    if entry.kind == "event.accepted":
        event = session.get(Event, entry.refs.get("event"))
        return f"event      {details['type']}  {(event and event.subject) or ''}"
    if entry.kind == "triage.finished" and not details["proposals"]:
        run = session.get(TriageRun, entry.refs.get("run"))
        return f"seen       nothing proposed: {(run and run.nothing_because) or 'no reason recorded'}"
    if entry.kind == "decision.made":
        if details["stage"] == "execute":
            return None  # said before, when it was proposed
        effect, rules = details["effect"], ", ".join(details["rules"])
        case = session.get(Case, entry.refs.get("case"))
        about = f" for {case.subject}" if case and case.subject else ""
        return f"{effect:9}  {details['tool']}{about}, risk {details['risk']}: {_EFFECTS[effect]} ({rules})"
    if entry.kind == "verdict.given":
        person = session.get(Principal, entry.actor.id)
        return f"verdict    {details.get('verdict')} by {person.name if person else entry.actor.id}"
    if kind == "execution" and rest != "claimed":
        return f"{rest:9}  {details.get('tool', entry.refs.get('execution', ''))}"
    if kind == "review" or entry.kind == "triage.failed":
        return f"{rest:9}  {entry.refs.get('review', entry.refs.get('case', ''))}"
    return None
