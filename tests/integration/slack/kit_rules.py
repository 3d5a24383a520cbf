"""Block Kit's published limits, as Slack's servers check them: what is wrong with blocks or a view, in words.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/surfaces/modals. That the blocks of one message
may not be longer than about 13,200 characters together is not published; Slack answers msg_blocks_too_long.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

MESSAGE_BLOCKS, VIEW_BLOCKS, MESSAGE_CHARACTERS = 50, 100, 13_200
MESSAGE_TEXT = 40_000
_IN_MESSAGES = {"section", "divider", "context", "actions", "header", "rich_text", "image", "input"}
_DATE_FORMAT = re.compile(r"<!date\^\d+\^[^|>]+(\^[^|>]+)?\|[^>]+>")
Json = Mapping[str, Any]
Errors = Iterator[str]


def message_errors(blocks: Any, text: Any) -> list[str]:
    """What is wrong with a message's blocks and its fallback text."""
    found = list(_blocks(blocks, MESSAGE_BLOCKS, "blocks"))
    if any(isinstance(block, dict) and block.get("type") == "input" for block in blocks or ()):
        found.append("blocks: input blocks belong in views")
    if text is not None and (not isinstance(text, str) or len(text) > MESSAGE_TEXT):
        found.append("text: too long")
    if not blocks and not text:
        found.append("no_text")
    return found


def too_long(blocks: Any) -> bool:
    return len(json.dumps(blocks or [], ensure_ascii=False)) > MESSAGE_CHARACTERS


def view_errors(view: Any) -> list[str]:
    """What is wrong with a modal or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["view: must be a modal or a home tab"]
    found = list(_blocks(view.get("blocks"), VIEW_BLOCKS, "view.blocks", least=0))
    if view["type"] == "modal":
        found += _text(view.get("title"), "view.title", 24, kinds=("plain_text",))
        for name in ("submit", "close"):
            if name in view:
                found += _text(view[name], f"view.{name}", 24, kinds=("plain_text",))
        inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in view.get("blocks", ()))
        if inputs and "submit" not in view:
            found.append("view.submit: needed where there are inputs")
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(str(view.get(name, ""))) > most:
            found.append(f"view.{name}: more than {most} characters")
    unknown = set(view) - {
        "type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "external_id",
        "clear_on_close", "notify_on_close", "submit_disabled",
    }  # fmt: skip
    return found + [f"view.{name}: unknown" for name in unknown]


def _blocks(blocks: Any, most: int, where: str, least: int = 1) -> Errors:
    if not isinstance(blocks, list | tuple) or not least <= len(blocks) <= most:
        yield f"{where}: {least} to {most} blocks"
        return
    idents = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(idents) != len(set(idents)):
        yield f"{where}: a block_id occurs twice"
    actions: list[str] = []
    for place, block in enumerate(blocks):
        here = f"{where}[{place}]"
        if not isinstance(block, dict) or block.get("type") not in _IN_MESSAGES:
            yield f"{here}: unknown block"
            continue
        if len(str(block.get("block_id", ""))) > 255:
            yield f"{here}.block_id: more than 255 characters"
        yield from _BLOCKS[str(block["type"])](block, here)
        if block["type"] == "actions":
            names = [str(each.get("action_id")) for each in block.get("elements", ()) if isinstance(each, dict)]
            if len(names) != len(set(names)):
                yield f"{here}: an action_id occurs twice"
            actions += names


def _section(block: Json, here: str) -> Errors:
    if "text" not in block and "fields" not in block:
        yield f"{here}: needs text or fields"
    if "text" in block:
        yield from _text(block["text"], f"{here}.text", 3000)
    if "fields" in block:
        yield from _each(block["fields"], f"{here}.fields", 1, 10, lambda each, at: _text(each, at, 2000))
    if "accessory" in block:
        yield from _element(block["accessory"], f"{here}.accessory")


def _context(block: Json, here: str) -> Errors:
    # A context's texts have no published limit of their own; Slack takes 3,000 as anywhere.
    yield from _each(block.get("elements"), f"{here}.elements", 1, 10, lambda each, at: _text(each, at, 3000))


def _actions(block: Json, here: str) -> Errors:
    yield from _each(block.get("elements"), f"{here}.elements", 1, 25, _element)


def _header(block: Json, here: str) -> Errors:
    yield from _text(block.get("text"), f"{here}.text", 150, kinds=("plain_text",))


def _input(block: Json, here: str) -> Errors:
    yield from _text(block.get("label"), f"{here}.label", 2000, kinds=("plain_text",))
    if "hint" in block:
        yield from _text(block["hint"], f"{here}.hint", 2000, kinds=("plain_text",))
    yield from _element(block.get("element"), f"{here}.element")


def _nothing(_block: Json, _here: str) -> Errors:
    yield from ()


_BLOCKS: Mapping[str, Callable[[Json, str], Errors]] = {
    "section": _section, "context": _context, "actions": _actions, "header": _header, "input": _input,
    "divider": _nothing, "rich_text": _nothing, "image": _nothing,
}  # fmt: skip


def _each(found: Any, here: str, least: int, most: int, check: Callable[[Any, str], Errors]) -> Errors:
    if not isinstance(found, list | tuple) or not least <= len(found) <= most:
        yield f"{here}: {least} to {most} items"
        return
    for place, each in enumerate(found):
        yield from check(each, f"{here}[{place}]")


def _text(text: Any, here: str, most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn"), least: int = 1) -> Errors:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield f"{here}: must be a text of {' or '.join(kinds)}"
        return
    if not least <= len(text["text"]) <= most:
        yield f"{here}: {least} to {most} characters, not {len(text['text'])}"
    if text["type"] == "plain_text" and "verbatim" in text:
        yield f"{here}.verbatim: only of mrkdwn"
    if text["type"] == "mrkdwn" and "emoji" in text:
        yield f"{here}.emoji: only of plain_text"


def _element(element: Any, here: str) -> Errors:
    if not isinstance(element, dict):
        yield f"{here}: must be an element"
        return
    kind, ident = element.get("type"), element.get("action_id")
    if not isinstance(ident, str) or not 1 <= len(ident) <= 255:
        yield f"{here}.action_id: 1 to 255 characters"
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{here}.placeholder", 150, kinds=("plain_text",))
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{here}.confirm")
    check = _ELEMENTS.get(str(kind))
    if check is None:
        yield f"{here}: unknown element {kind}"
    else:
        yield from check(element, here)


def _menu(element: Json, here: str) -> Errors:
    most = 100 if element["type"] == "static_select" else 5
    yield from _each(element.get("options"), f"{here}.options", 1, most, _option)
    if "initial_option" in element and element["initial_option"] not in element.get("options", ()):
        yield f"{here}.initial_option: is none of the options"


def _number(element: Json, here: str) -> Errors:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"{here}.is_decimal_allowed: needed"


def _day(element: Json, here: str) -> Errors:
    if "initial_date" in element:
        try:
            date.fromisoformat(element["initial_date"])
        except ValueError:
            yield f"{here}.initial_date: YYYY-MM-DD"


def _button(element: Json, here: str) -> Errors:
    yield from _text(element.get("text"), f"{here}.text", 75, kinds=("plain_text",))
    if len(str(element.get("value", ""))) > 2000:
        yield f"{here}.value: more than 2000 characters"
    if len(str(element.get("url", ""))) > 3000:
        yield f"{here}.url: more than 3000 characters"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{here}.style: primary or danger"


def _line(element: Json, here: str) -> Errors:
    most = element.get("max_length", 3000)
    if not isinstance(most, int) or not 1 <= most <= 3000:
        yield f"{here}.max_length: 1 to 3000"
    elif len(element.get("initial_value", "")) > most:
        yield f"{here}.initial_value: more than {most} characters"


_ELEMENTS: Mapping[str, Callable[[Json, str], Errors]] = {
    "button": _button, "static_select": _menu, "overflow": _menu, "plain_text_input": _line, "number_input": _number,
    "datepicker": _day, "users_select": _nothing,
}  # fmt: skip


def _option(option: Any, here: str) -> Errors:
    if not isinstance(option, dict):
        yield f"{here}: must be an option"
        return
    yield from _text(option.get("text"), f"{here}.text", 75)
    if not 1 <= len(str(option.get("value", ""))) <= 150:
        yield f"{here}.value: 1 to 150 characters"


def _confirm(confirm: Any, here: str) -> Errors:
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        kinds = ("plain_text", "mrkdwn") if name == "text" else ("plain_text",)
        yield from _text(confirm.get(name), f"{here}.{name}", most, kinds=kinds)


def mrkdwn_texts(blocks: Any) -> list[str]:
    """Every text that Slack would read for marks, mentions and links."""
    if isinstance(blocks, dict):
        own = [blocks["text"]] if blocks.get("type") == "mrkdwn" else []
        return own + [text for each in blocks.values() for text in mrkdwn_texts(each)]
    if isinstance(blocks, list | tuple):
        return [text for each in blocks for text in mrkdwn_texts(each)]
    return []


def special_marks(text: str) -> list[str]:
    """Mentions and links that mrkdwn text holds, but for a time in the reader's own zone."""
    return re.findall(r"<[^>]*>", _DATE_FORMAT.sub("", text))


def texts(blocks: Any) -> str:
    """All that a reader sees, in order."""
    if isinstance(blocks, dict):
        own = blocks.get("text")
        return "\n".join(
            [own] if isinstance(own, str) else [found for each in blocks.values() if (found := texts(each))]
        )
    if isinstance(blocks, list | tuple):
        return "\n".join(found for each in blocks if (found := texts(each)))
    return ""
