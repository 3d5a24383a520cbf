"""Parts: what a card says of one proposal, at several lengths of which the card takes one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.slack import content, kit
from app.slack.kit import Block
from app.slack.presses import OfReview, wire
from app.views.labels import Labels
from app.views.reviews import needed
from app.views.words import spoken

_SHORT: Final = 600
_MARKS: Final = {
    "approved": "✓", "rejected": "✕", "expired": "–", "withdrawn": "–", "superseded": "–", "denied": "✕",
    "deny": "✕", "auto": "✓",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """`whole`: all of the review is displayed in it; without that nobody can approve it there."""

    blocks: list[Block]
    whole: bool = False


def is_pending(proposal: Mapping[str, Any]) -> bool:
    return bool(proposal["review"]) and proposal["review"]["status"] == "pending"


def can_be_decided(proposal: Mapping[str, Any]) -> bool:
    return is_pending(proposal) and not proposal["review"]["erased"]


def shortest(labels: Labels, proposal: dict[str, Any], number: int | None) -> Part:
    """What became of it; where it waits, by when, and the way to all of it."""
    if not is_pending(proposal):
        return Part([_told(labels, proposal, number)])
    review = proposal["review"]
    said = kit.plain(f"{_at(number)}{labels.sentence(review['action']['tool'], review['action']['args'])}", _SHORT)
    by = kit.words(f"risk *{review['risk']['score']}* · decide by {kit.moment(content.deadline(review))}")
    if review["erased"]:
        return Part(
            [kit.section(said), kit.section(kit.plain("The content was erased; it can no longer be approved."))]
        )
    return Part([kit.section(said, kit.button("Read it all", "read", _about(review))), kit.context(by)])


def longer_parts(
    labels: Labels, proposal: dict[str, Any], events: list[dict[str, Any]], number: int | None
) -> Iterator[Part]:
    """Of one that waits: all of it with its buttons, then the gist with them; of any other none."""
    if not can_be_decided(proposal):
        return
    review = proposal["review"]
    begin: list[Block] = []
    if number is not None:
        sentence = labels.sentence(review["action"]["tool"], review["action"]["args"])
        begin += [kit.divider(), kit.section(kit.plain(f"{_at(number)}{sentence}"))]
    begin.append(kit.context(kit.words(f"risk *{review['risk']['score']}* of 100"), *_progress(labels, review)))
    body = content.whole(labels, review, events)
    yield Part([*begin, *body, _buttons(labels, review, approve=True)], whole=True)
    folded = kit.context(kit.words("Not all of it fits here. *Read it all* shows the rest, and lets you approve."))
    yield Part([*begin, *content.brief(labels, review), folded, _buttons(labels, review, approve=False)])


def _at(number: int | None) -> str:
    return "" if number is None else f"{number}. "


def _about(review: dict[str, Any]) -> str:
    return wire(OfReview(review=review["id"], digest=review["args_digest"]))


def _progress(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """By when, who is needed, and who has said yes already."""
    given = _approvers(review)
    called = {role: spoken(role) for need in review["required"] for role in need["roles"]}
    if review["line_manager"]:
        called["line_manager"] = f"line manager ({labels.called('person', review['line_manager'])})"
    needs = [
        f"{each['approvers']} × {' or '.join(called[role] for role in each['roles'])}"
        for each in needed(review["required"])
    ]
    found = [kit.words(f"decide by {kit.moment(content.deadline(review))}"), kit.plain("; ".join(needs), 400)]
    if review["escalated_at"]:
        found.append(kit.words("*escalated*"))
    if given:
        found.append(kit.plain(f"approved so far by {_and(given)}", 300))
    if asking := [each["by"]["name"] for each in review["verdicts"] if _unanswered(each)]:
        found.append(kit.plain(f"asked by {', '.join(str(name) for name in asking)}; the answer is on its way", 300))
    if review["editors"]:
        edited = ", ".join(str(each["name"]) for each in review["editors"])
        found.append(kit.plain(f"edited by {edited}", 300))
    return found


def _unanswered(verdict: dict[str, Any]) -> bool:
    return verdict["verdict"] == "respond" and verdict["answer"] is None


def _buttons(labels: Labels, review: dict[str, Any], *, approve: bool) -> Block:
    about = _about(review)
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


def _told(labels: Labels, proposal: dict[str, Any], number: int | None) -> Block:
    """One line about what is decided, and by whom."""
    sentence = labels.sentence(proposal["action"]["tool"], proposal["action"]["args"])
    review, execution = proposal["review"], proposal["execution"]
    status = review["status"] if review else (proposal["decision"] or {}).get("effect", proposal["status"])
    how = {"auto": "runs by itself", "deny": "refused by policy"}.get(status, spoken(status))
    if status == "deny" and proposal["decision"]["reasons"]:
        how += f": {'; '.join(proposal['decision']['reasons'])}"
    by = f" by {_and(_decided_by(review))}" if review and review["decided_by"] else ""
    ran = f", {spoken(execution['status'])}" if execution else ""
    return kit.section(kit.plain(f"{_at(number)}{sentence}\n{_MARKS.get(status, '·')} {how}{by}{ran}", _SHORT))


def _decided_by(review: dict[str, Any]) -> list[str]:
    """Everybody whose approval counted, else who had the last word."""
    all_of_them = _approvers(review) if review["status"] == "approved" else []
    return all_of_them or [str(review["decided_by"]["name"])]


def _approvers(review: dict[str, Any]) -> list[str]:
    return [str(each["by"]["name"]) for each in review["verdicts"] if each["verdict"] == "approve" and each["counts"]]


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
