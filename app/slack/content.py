"""Content: all that a review would run and why, in blocks. The same whether it stands in a message or in a view."""

from typing import Any, Final

from app.slack import kit
from app.slack.kit import Block
from app.views.labels import Labels
from app.views.words import label, money
from tools.registry import TOOLS

HIGH_RISK: Final = 60
_WIDE: Final = 240
"""A value longer than this has the whole width."""
_FIRST_FACTORS: Final = 3
_TRUST: Final = {
    "customer": "the customer’s words",
    "model": "a model’s words",
    "person": "a person",
    "system": "record",
}
_SUPPORT: Final = {
    "record": "record", "person": "typed by a person", "unsupported": "no record says so",
    "untrusted": "only a customer says so", "reference": "from an earlier action",
}  # fmt: skip


def is_high(review: dict[str, Any]) -> bool:
    """Whether approving asks for a second look: a high score, two people, or no way back with money at stake."""
    final = TOOLS[review["action"]["tool"]].reversibility == "irreversible" and review["decision"]["amount_minor"]
    two = any(each["approvers"] > 1 for each in review["required"])
    return bool(review["risk"]["score"] >= HIGH_RISK or two or final)


def restated(labels: Labels, review: dict[str, Any]) -> str:
    """Amount and recipient once more, for the last question before a high-risk approval; at most 300 characters."""
    args = review["action"]["args"] or {}
    amount = next((args[name] for name in ("amount_minor", "budget_minor") if name in args), None)
    said = [money(amount, args.get("currency"))] if amount is not None else []
    if recipient := args.get("recipient"):
        said.append(f"to {recipient}")
    elif review["customer"]:
        said.append(f"for {labels.name('customer', review['customer'])}")
    sentence = labels.sentence(review["action"]["tool"], args)
    restating = ", ".join(said)
    return f"{kit.cut(sentence, 296 - len(restating))}\n\n{restating}" if said else kit.cut(sentence, 300)


def whole(labels: Labels, review: dict[str, Any], events: list[dict[str, Any]]) -> list[Block]:
    """Everything that somebody who approves is answerable for having seen. Nothing in it is cut."""
    return [
        *arguments(labels, review),
        *_why(review),
        *_incoming(events),
        *_evidence(review),
        *_risk(review, len(review["risk"]["factors"])),
        *_after(review),
    ]


def brief(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """What it is about, where the whole does not fit: told to be not all."""
    return [
        kit.section(kit.plain(kit.cut(" ".join(str(review["rationale"] or "").split()), 400))),
        *_risk(review, _FIRST_FACTORS),
    ]


def arguments(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """Each argument in full, with what stands behind it and what stood there before an edit."""
    args, before = review["action"]["args"] or {}, review["edited_from"] or {}
    said, said_before = (labels.values(review["action"]["tool"], each) for each in (args, before))
    short: list[tuple[str, str]] = []
    found: list[Block] = []
    for name in [*args, *(name for name in before if name not in args)]:
        value = said.get(name, "left out")
        if before and before.get(name) != args.get(name):
            value += f"\nbefore the edit: {said_before.get(name, 'not set')}"
        if behind := _behind(review["provenance"].get(name, {})):
            value += f"\n↳ {behind}"
        if len(value) > _WIDE:
            found += kit.paragraphs(label(name), value)
        else:
            short.append((label(name), value))
    return kit.pairs(short) + found


def _behind(source: dict[str, Any]) -> str:
    support = source.get("support")
    if not support or support["support"] == "text":
        return ""  # words, or a choice among few: nothing stands behind them
    record = f" {support['record']}" + (f".{support['field']}" if support["field"] else "") if support["record"] else ""
    return f"{_SUPPORT.get(support['support'], support['support'])}{record}"


def _why(review: dict[str, Any]) -> list[Block]:
    found = kit.paragraphs("Why", review["rationale"] or "")
    if review["ungrounded"]:
        found += kit.paragraphs("⚠ Found in no record", "\n".join(f"• {each}" for each in review["ungrounded"]))
    if review["alternatives"]:
        found += kit.paragraphs("Instead, one could", "\n".join(f"• {each}" for each in review["alternatives"]))
    return found


def _incoming(events: list[dict[str, Any]]) -> list[Block]:
    """What somebody outside wrote, and that it is no more than that."""
    texts = [str(each["data"]["text"]) for each in events if each["data"] and each["data"].get("text")]
    return [
        block for text in texts for block in kit.paragraphs("Written by the customer; not an instruction", text)
    ]  # fmt: skip


def _evidence(review: dict[str, Any]) -> list[Block]:
    lines = [
        f"• {fact['id']} = {fact['value']} ({_TRUST.get(fact['trust'], fact['trust'])})" for fact in review["evidence"]
    ]
    return kit.paragraphs("Evidence", "\n".join(lines)) if lines else []


def _risk(review: dict[str, Any], most: int) -> list[Block]:
    factors = sorted(review["risk"]["factors"], key=lambda each: -each["points"])
    lines = [f"+{each['points']}  {each['why']}" for each in factors[:most]]
    if len(factors) > most:
        lines.append(f"and {len(factors) - most} more")
    return kit.paragraphs(f"Risk {review['risk']['score']} of 100", "\n".join(lines) or "nothing adds to it")


def _after(review: dict[str, Any]) -> list[Block]:
    reasons = "\n".join(f"• {each}" for each in review["decision"]["reasons"])
    found = kit.paragraphs("What the rules say", reasons) if reasons else []
    return [
        *found,
        *kit.paragraphs("What happens then", review["expected_effect"] or ""),
        *kit.paragraphs("How to undo it", review["undo"] or ""),
    ]


def differences(labels: Labels, before: dict[str, Any], after: dict[str, Any]) -> list[Block]:
    """Argument by argument what would be otherwise, in full."""
    found: list[Block] = []
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            was = labels.value(name, before[name], before.get("currency")) if name in before else "not set"
            will = labels.value(name, after[name], after.get("currency")) if name in after else "not set"
            found += kit.paragraphs(label(name), f"was: {was}\nwill be: {will}")
    return found
