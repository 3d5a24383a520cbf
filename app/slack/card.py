"""The card of a case: its proposals as one bundle, each with what became of it or the buttons to decide it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.slack import content, kit
from app.slack.kit import Block
from app.slack.presses import Choice, OfCase, OfReview, wire
from app.views.labels import Labels
from app.views.reviews import needed
from app.views.words import spoken

_MOST_PROPOSALS: Final = 12
_ROOM: Final = kit.MESSAGE_SIZE - 1_500  # for head, foot and what is decided
_MARKS: Final = {
    "approved": "✓", "rejected": "✕", "expired": "–", "withdrawn": "–", "superseded": "–", "denied": "✕",
    "deny": "✕", "auto": "✓",
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """All that a card tells of: a case as views.cases gives it, who sees to it, and where it is on the web."""

    case: Mapping[str, Any]
    labels: Labels
    url: str
    claimed_by: str | None = None

    def of_generation(self) -> list[dict[str, Any]]:
        """Proposals that are asked about or were, each with its newest review and its execution."""
        reviews = {each["proposal_id"]: each for each in self.case["reviews"] if each["status"] != "superseded"}
        executions = {each["proposal_id"]: each for each in self.case["executions"]}
        return [
            each | {"review": reviews.get(each["id"]), "execution": executions.get(each["id"])}
            for each in self.case["proposals"]
            if each["generation"] == self.case["generation"] and each["status"] not in ("superseded", "observed")
        ]


@dataclass(frozen=True)
class Card:
    """Blocks, the one line for a notification, and which reviews are displayed whole: id → digest."""

    blocks: list[Block]
    text: str
    whole: Mapping[str, str]


def card(subject: Subject) -> Card:
    """The card as it should be now."""
    proposals = subject.of_generation()
    pending = [each for each in proposals if _is_pending(each)]
    shown, hidden = _chosen(proposals)
    whole: dict[str, str] = {}
    blocks = _head(subject, proposals)
    room = _ROOM // max(1, len(pending))
    rows = (kit.MESSAGE_BLOCKS - 6 - len(shown)) // max(1, len(pending))
    events = subject.case["events"]
    for number, each in enumerate(shown, 1):
        place = None if len(proposals) == 1 else number
        if _is_pending(each):
            part, complete = _asked(subject, each, events, room, rows, number=place)
            blocks += part
            events = []  # what came in stands with the first that waits
            if complete:
                whole[each["review"]["id"]] = each["review"]["args_digest"]
        else:
            blocks.append(_told(subject, each, place))
    if hidden:
        blocks.append(kit.context(kit.words(f"and {hidden} more; see the case on the web")))
    blocks.append(_foot(subject, pending))
    return Card(blocks, kit.fallback(_title(subject, proposals)), whole)


def _chosen(proposals: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """What still waits comes before what is done, where not all have room."""
    if len(proposals) <= _MOST_PROPOSALS:
        return list(proposals), 0
    kept = sorted(proposals, key=lambda each: not _is_pending(each))[:_MOST_PROPOSALS]
    return [each for each in proposals if each in kept], len(proposals) - _MOST_PROPOSALS


def _is_pending(proposal: Mapping[str, Any]) -> bool:
    return bool(proposal["review"]) and proposal["review"]["status"] == "pending"


def _title(subject: Subject, proposals: Sequence[dict[str, Any]]) -> str:
    if len(proposals) == 1:
        return subject.labels.sentence(proposals[0]["action"]["tool"], proposals[0]["action"]["args"])
    customer = subject.case["customer"]
    about = f" for {subject.labels.called('customer', customer)}" if customer else ""
    return f"{len(proposals)} actions{about}" if proposals else f"Nothing to decide{about}"


def _head(subject: Subject, proposals: Sequence[dict[str, Any]]) -> list[Block]:
    case = subject.case
    texts = [kit.words(f"*{spoken(case['kind'].partition('.')[2] or case['kind'])}*")]
    if case["customer"]:
        texts.append(kit.plain(subject.labels.name("customer", case["customer"]), 300))
    if subject.claimed_by:
        texts.append(kit.plain(f"{subject.claimed_by} sees to it", 200))
    found = [kit.header(_title(subject, proposals)), kit.context(*texts)]
    if len(proposals) != 1 and case["summary"]:
        found.append(kit.section(kit.plain(" ".join(case["summary"].split()), 500)))
    if case["status"] == "unrecognised" or (case["because"] and not proposals):
        found.append(kit.section(kit.plain(case["because"] or "", 500)))
    return found


def _asked(
    subject: Subject, proposal: dict[str, Any], events: list[dict[str, Any]], room: int, rows: int, *,
    number: int | None,
) -> tuple[list[Block], bool]:  # fmt: skip
    """A review with its buttons, and whether all of it is displayed; without that nobody can approve it here."""
    review, labels = proposal["review"], subject.labels
    sentence = labels.sentence(review["action"]["tool"], review["action"]["args"])
    begin: list[Block] = []
    if number is not None:
        begin += [kit.divider(), kit.section(kit.plain(f"{number}. {sentence}"))]
    begin.append(kit.context(kit.words(f"risk *{review['risk']['score']}* of 100"), *_progress(labels, review)))
    if review["erased"]:
        return [*begin, kit.section(kit.plain("The content was erased; it can no longer be approved."))], False
    body = content.whole(labels, review, events)
    end = _buttons(labels, review, approve=True)
    if kit.size([*begin, *body, end]) <= room and len(begin) + len(body) + 1 <= rows:
        return [*begin, *body, end], True
    folded = kit.context(kit.words("Not all of it fits here. *Read it all* shows the rest, and lets you approve."))
    return [*begin, *content.brief(labels, review), folded, _buttons(labels, review, approve=False)], False


def _progress(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """By when, who is needed, and who has said yes already."""
    given = [each["by"]["name"] for each in review["verdicts"] if each["verdict"] == "approve" and each["counts"]]
    called = {role: spoken(role) for need in review["required"] for role in need["roles"]}
    if review["line_manager"]:
        called["line_manager"] = f"line manager ({labels.called('person', review['line_manager'])})"
    needs = [
        f"{each['approvers']} × {' or '.join(called[role] for role in each['roles'])}"
        for each in needed(review["required"])
    ]
    found = [kit.words(f"decide by {kit.moment(review['due_at'])}"), kit.plain("; ".join(needs), 400)]
    if review["escalated_at"]:
        found.append(kit.words("*escalated*"))
    if given:
        found.append(kit.plain(f"approved so far by {', '.join(str(name) for name in given)}", 300))
    if review["editors"]:
        edited = ", ".join(str(each["name"]) for each in review["editors"])
        found.append(kit.plain(f"edited by {edited}", 300))
    return found


def _buttons(labels: Labels, review: dict[str, Any], *, approve: bool) -> Block:
    about = wire(OfReview(review=review["id"], digest=review["args_digest"]))
    sure = (
        kit.confirm("Approve this?", content.restated(labels, review), "Approve") if content.is_high(review) else None
    )
    first = (
        kit.button("Approve", "approve", about, style="primary", confirm=sure)
        if approve
        else kit.button("Read it all", "read", about, style="primary")
    )
    return kit.actions(
        first, kit.button("Edit…", "edit", about), kit.button("Reject…", "reject", about, style="danger"),
        kit.button("Ask…", "ask", about),
    )  # fmt: skip


def _told(subject: Subject, proposal: dict[str, Any], number: int | None) -> Block:
    """One line about what is decided, and by whom."""
    sentence = subject.labels.sentence(proposal["action"]["tool"], proposal["action"]["args"])
    review, execution = proposal["review"], proposal["execution"]
    status = review["status"] if review else (proposal["decision"] or {}).get("effect", proposal["status"])
    by = f" by {review['decided_by']['name']}" if review and review["decided_by"] else ""
    how = {"auto": "runs by itself", "deny": "refused by policy"}.get(status, spoken(status))
    ran = f", {spoken(execution['status'])}" if execution else ""
    place = "" if number is None else f"{number}. "
    return kit.section(kit.plain(f"{place}{sentence}\n{_MARKS.get(status, '·')} {how}{by}{ran}"))


def _foot(subject: Subject, pending: Sequence[dict[str, Any]]) -> Block:
    case = str(subject.case["id"])
    elements = [kit.button("Open on the web", "web", url=subject.url)]
    if pending:
        elements.insert(0, kit.button("I’ll take it", "claim", wire(OfCase(case=case))))
        options = [
            ("Give it to…", "assign"), ("Remind me in 4 hours", "snooze"), ("It is something else…", "correct"),
            ("Not a request", "dismiss"), ("Withdraw my request", "withdraw"),
        ]  # fmt: skip
        only = str(pending[0]["review"]["id"]) if len(pending) == 1 else None
        choices = [(text, Choice(do=do, case=case, review=only if do == "withdraw" else None)) for text, do in options]
        elements.append(kit.overflow("more", [(text, wire(choice)) for text, choice in choices]))
    return kit.actions(*elements)
