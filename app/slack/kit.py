"""Block Kit: the pieces that messages and views are made of, each within Slack's limits.

Whatever comes from outside is `plain`: Slack reads no marks, mentions or links in it, and shows addresses in full.
`words` are our own and nothing else.
https://docs.slack.dev/reference/block-kit
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from app.views.words import visible

Block = dict[str, Any]

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_SIZE: Final = 12_000
"""Characters of JSON that the blocks of one message may have; Slack refuses them from about 13,200 on."""
TEXT: Final = 3_000
FIELD: Final = 2_000
INPUT: Final = 3_000
_PAIRS: Final = 5  # a section has ten fields


def plain(text: str, most: int = TEXT) -> Block:
    return {"type": "plain_text", "text": cut(visible(text) or "—", most), "emoji": False}


def words(text: str) -> Block:
    """Our own words, in which `*`, `_` and `` ` `` mark; nothing from outside may stand here."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def fallback(text: str) -> str:
    """The one line of a notification, in which Slack reads mentions unless they are escaped."""
    safe = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return cut(" ".join(safe.split()), 300)


def moment(at: str | None) -> str:
    """A view's time as each reader's own: words that Slack fills in."""
    if not at:
        return ""
    utc = datetime.fromisoformat(at)
    return f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} at {{time}}|{utc:%Y-%m-%d %H:%M} UTC>"


def header(text: str) -> Block:
    return {"type": "header", "text": plain(" ".join(text.split()), 150)}


def section(text: Block, accessory: Block | None = None) -> Block:
    """A paragraph that is never folded by Slack."""
    return {"type": "section", "text": text, "expand": True} | ({"accessory": accessory} if accessory else {})


def paragraphs(label: str, text: str) -> list[Block]:
    """A text of any length from outside, whole, under a label of ours."""
    pieces = _pieces(visible(text) or "—")
    found = [context(words(f"*{label}*"))] if label else []
    return found + [section({"type": "plain_text", "text": piece, "emoji": False}) for piece in pieces]


def _pieces(text: str) -> list[str]:
    """Broken between lines where it can be, else between words; of what was written nothing is left out."""
    found = []
    while len(text) > TEXT:
        at = text.rfind("\n", TEXT // 2, TEXT) + 1 or text.rfind(" ", TEXT // 2, TEXT) + 1 or TEXT
        found.append(text[:at])
        text = text[at:]
    return [*found, text] if text else found


def pairs(rows: Sequence[tuple[str, str]]) -> list[Block]:
    """A table of two columns: labels of ours, values from outside, each value of at most `FIELD` characters."""
    return [
        {
            "type": "section",
            "fields": [text for label, value in rows[at : at + _PAIRS] for text in (words(f"*{label}*"), plain(value))],
        }
        for at in range(0, len(rows), _PAIRS)
    ]


def context(*texts: Block) -> Block:
    return {"type": "context", "elements": list(texts[:10])}


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def button(
    text: str, action: str, value: str = "", *, style: str | None = None, url: str | None = None,
    confirm: Block | None = None,
) -> Block:  # fmt: skip
    made: Block = {"type": "button", "text": plain(text, 75), "action_id": action}
    more = {"value": value, "style": style, "url": url, "confirm": confirm}
    return made | {name: each for name, each in more.items() if each}


def overflow(action: str, options: Iterable[tuple[str, str]]) -> Block:
    """At most five options: text and value."""
    made = [{"text": plain(text, 75), "value": value} for text, value in options]
    return {"type": "overflow", "action_id": action, "options": made[:5]}


def confirm(title: str, text: str, yes: str) -> Block:
    return {
        "title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain("Not yet", 30),
        "style": "primary",
    }  # fmt: skip


def line(action: str, text: str = "", *, several: bool = False, most: int = INPUT, placeholder: str = "") -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action, "multiline": several, "max_length": most}
    if text:
        made["initial_value"] = text
    return made | ({"placeholder": plain(placeholder, 150)} if placeholder else {})


def choice(action: str, options: Sequence[tuple[str, str]], chosen: str | None = None) -> Block:
    """One of at most a hundred: text and value."""
    made = [{"text": plain(text, 75), "value": value} for text, value in options[:100]]
    found: Block = {"type": "static_select", "action_id": action, "options": made}
    at = next((each for each in made if each["value"] == chosen), None)
    return found | ({"initial_option": at} if at else {})


def day(action: str, chosen: str = "") -> Block:
    return {"type": "datepicker", "action_id": action} | ({"initial_date": chosen} if chosen else {})


def asked(block: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """An input of a view under our label; its answer is found by `block` and the element's action."""
    made: Block = {
        "type": "input", "block_id": block, "label": plain(label, 2000), "element": element, "optional": optional,
    }  # fmt: skip
    return made | ({"hint": plain(hint, 2000)} if hint else {})


def modal(
    callback: str, title: str, blocks: list[Block], *, about: str = "", submit: str | None = None, close: str = "Close"
) -> Block:
    made: Block = {
        "type": "modal", "callback_id": callback, "title": plain(title, 24), "close": plain(close, 24),
        "blocks": blocks[:VIEW_BLOCKS], "private_metadata": about,
    }  # fmt: skip
    return made | ({"submit": plain(submit, 24)} if submit else {})


def fitting(blocks: list[Block]) -> list[Block]:
    """As many of the first as one message holds, and that there are more."""
    kept = list(blocks)
    while len(kept) > MESSAGE_BLOCKS - 1 or size(kept) > MESSAGE_SIZE:
        kept.pop()
    return kept if len(kept) == len(blocks) else [*kept, context(words("There is more; see it on the web."))]


def size(blocks: Sequence[Block]) -> int:
    """As Slack seems to count: characters of JSON."""
    return len(json.dumps(list(blocks), ensure_ascii=False))
