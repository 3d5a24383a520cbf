"""Content: all that a review would run and why, in blocks. The same whether it stands in a message or in a view."""

import re
from typing import Any, Final

from app.slack import kit
from app.slack.kit import Block
from app.views.labels import Labels
from app.views.words import called, label, money, spoken
from tools.records import RECORDS
from tools.registry import TOOLS

HIGH_RISK: Final = 60
_WIDE: Final = 240
"""A value longer than this has the whole width."""
_FIRST_FACTORS: Final = 3
_KEY: Final = re.compile(rf"\b({'|'.join(RECORDS)})/([a-z]+-[0-9]+)\b")
_GIST: Final = 400
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


def deadline(review: dict[str, Any]) -> str:
    """The next moment at which something happens by itself: it escalates, and then it lapses."""
    return str(review["expires_at"] if review["escalated_at"] else review["due_at"])


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
        *_evidence(labels, review),
        *_risk(review, len(review["risk"]["factors"])),
        *_after(review),
    ]


def brief(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """What it is about, where the whole does not fit: told to be not all."""
    return [
        kit.section(kit.plain(_gist(str(review["rationale"] or "")))),
        *_risk(review, _FIRST_FACTORS),
    ]


def _gist(text: str) -> str:
    """Its first words, no word cut."""
    line = " ".join(text.split())
    return line if len(line) <= _GIST else f"{line[:_GIST].rpartition(' ')[0] or line[:_GIST]} …"


def arguments(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """Each argument in full, what it is about first, with what stands behind it and what stood there before an edit."""
    args, before = review["action"]["args"] or {}, review["edited_from"] or {}
    said, said_before = (labels.values(review["action"]["tool"], each) for each in (args, before))
    short: list[tuple[str, str]] = []
    found: list[Block] = []
    form = list(TOOLS[review["action"]["tool"]].model.model_fields)
    for name in sorted({*args, *before}, key=lambda each: (form.index(each) if each in form else len(form), each)):
        value = said.get(name, "left out")
        if before and before.get(name) != args.get(name):
            value += f"\nbefore the edit: {said_before.get(name, 'not set')}"
        if behind := _behind(labels, review["provenance"].get(name, {})):
            value += f"\n↳ {behind}"
        if len(value) > _WIDE:
            found += kit.paragraphs(label(name), value)
        else:
            short.append((label(name), value))
    return kit.pairs(short) + found


def _behind(labels: Labels, source: dict[str, Any]) -> str:
    support = source.get("support")
    if not support or support["support"] == "text":
        return ""  # words, or a choice among few: nothing stands behind them
    said = _SUPPORT.get(support["support"], str(support["support"]))
    if not support["record"]:
        return said
    if support["field"] == "id":
        return f"on {said}"  # the value is that very record's name
    kind, _, ident = str(support["record"]).partition("/")
    return f"{said}: {_of(labels, kind, ident)}" + (f", {called(support['field'])}" if support["field"] else "")


def _of(labels: Labels, kind: str, ident: str) -> str:
    return f"{spoken(kind)} {labels.name(kind, ident)}" if ident else kind


def _why(review: dict[str, Any]) -> list[Block]:
    found = kit.paragraphs("Why", _keyed(review["rationale"] or ""))
    if review["ungrounded"]:
        found += kit.paragraphs("⚠ Found in no record", "\n".join(f"• {each}" for each in review["ungrounded"]))
    if review["alternatives"]:
        found += kit.paragraphs("Instead, one could", "\n".join(f"• {_keyed(each)}" for each in review["alternatives"]))
    return found


def _keyed(text: str) -> str:
    """Records by kind and id, as `project prj-02`. Not by their names: such texts tell of other customers' work too."""
    return _KEY.sub(lambda key: f"{spoken(key[1])} {key[2]}", text)


def _incoming(events: list[dict[str, Any]]) -> list[Block]:
    """What somebody outside wrote, and that it is no more than that."""
    texts = [str(each["data"]["text"]) for each in events if each["data"] and each["data"].get("text")]
    return [
        block for text in texts for block in kit.paragraphs("Written by the customer; not an instruction", text)
    ]  # fmt: skip


def _evidence(labels: Labels, review: dict[str, Any]) -> list[Block]:
    """Facts by the record that they are of and who stands behind them; its id and its name stand there already."""
    found: dict[tuple[str, str], list[str]] = {}
    for fact in review["evidence"]:
        trust, record = _TRUST.get(fact["trust"], fact["trust"]), fact["record"]
        if record is None:
            # The text itself stands whole under the customer's words.
            value = "" if fact["field"] == "text" else f" {labels.value(fact['field'], fact['value'])}"
            of, said = "what came in", f"{called(fact['field'])}{value}"
        else:
            of = _of(labels, record["kind"], record["id"])
            said = labels.field(record["kind"], record["id"], fact["field"], fact["value"])
        listed = found.setdefault((of, trust), [])
        if fact["field"] not in ("id", "name") or str(fact["value"]) not in of:
            listed.append(said)
    lines = [f"• {of}{': ' if said else ''}{'; '.join(said)} · {trust}" for (of, trust), said in found.items()]
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


def differences(labels: Labels, tool: str, before: dict[str, Any], after: dict[str, Any]) -> list[Block]:
    """Argument by argument what would be otherwise, in full."""
    was, will = labels.values(tool, before), labels.values(tool, after)
    return [
        block
        for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)
        for block in kit.paragraphs(
            label(name), f"was: {was.get(name, 'not set')}\nwill be: {will.get(name, 'not set')}"
        )
    ]  # fmt: skip
