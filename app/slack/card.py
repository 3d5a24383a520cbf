"""The card of a case: its proposals as one bundle, each with what became of it or the buttons to decide it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.slack import kit
from app.slack.kit import Block
from app.slack.parts import Part, can_be_decided, is_pending, longer_parts, shortest
from app.slack.presses import Choice, OfCase, wire
from app.views.labels import Labels
from app.views.words import spoken

_MOST_PROPOSALS: Final = 12
_LINE: Final = 200


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
    """The card as it should be now: each proposal at the greatest length for which there is room."""
    proposals = subject.of_generation()
    shown = _chosen(proposals)
    pending = [each for each in proposals if is_pending(each)]
    numbers = {each["id"]: None if len(proposals) == 1 else place for place, each in enumerate(proposals, 1)}
    head, foot, labels = _head(subject, proposals), _foot(subject, pending), subject.labels
    while not _fits([*head, *foot], chosen := [shortest(labels, each, numbers[each["id"]]) for each in shown]):
        shown.remove(min(reversed(shown), key=can_be_decided))
    events, whole = subject.case["events"], dict[str, str]()
    for place, each in enumerate(shown):
        for longer in longer_parts(labels, each, events, numbers[each["id"]]):
            if _fits([*head, *foot], [*chosen[:place], longer, *chosen[place + 1 :]]):
                chosen[place] = longer
                break
        if chosen[place].whole:
            events = []  # what came in stands with the first that is shown whole
            whole[each["review"]["id"]] = each["review"]["args_digest"]
    hidden = len(proposals) - len(shown)
    more = [kit.context(kit.words(f"and {hidden} more; see the case on the web"))] if hidden else []
    blocks = [*head, *(block for part in chosen for block in part.blocks), *more, *foot]
    return Card(blocks, kit.fallback(_title(subject, proposals)), whole)


def _fits(around: Sequence[Block], parts: Sequence[Part]) -> bool:
    """With room for one more line."""
    blocks = [*around, *(block for part in parts for block in part.blocks)]
    return len(blocks) < kit.MESSAGE_BLOCKS and kit.size(blocks) <= kit.MESSAGE_SIZE - _LINE


def _chosen(proposals: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What still waits comes before what is done, where not all have room."""
    kept = sorted(proposals, key=can_be_decided, reverse=True)[:_MOST_PROPOSALS]
    return [each for each in proposals if each in kept]


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


def _foot(subject: Subject, pending: Sequence[dict[str, Any]]) -> list[Block]:
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
    return [kit.actions(*elements)]
