"""Block Kit as a person sees it: HTML that looks about as Slack draws messages and views."""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

_STYLE = """
body{margin:0;background:#f4f1ec;font:15px/1.46 Lato,"Helvetica Neue",Arial,sans-serif;color:#1d1c1d}
main{columns:2 620px;column-gap:28px;padding:24px}
figure{break-inside:avoid;margin:0 0 26px;background:#fff;border:1px solid #ddd;border-radius:8px;padding:14px 18px}
figcaption{font:600 12px/1 monospace;color:#8a7f70;margin-bottom:10px}
.modal{border-radius:12px;box-shadow:0 8px 28px #0002;padding:0}.modal>*{padding:10px 20px}
.modal figcaption{padding-top:14px;margin:0}.bar{display:flex;border-bottom:1px solid #eee;font-weight:900;
font-size:18px}
.foot{display:flex;gap:8px;justify-content:flex-end;border-top:1px solid #eee}
.app{display:flex;gap:10px}.seal{width:36px;height:36px;border-radius:8px;background:#24443c;color:#fff;display:grid;
place-items:center;font-weight:900;flex:none}.name{font-weight:900}.tag{font-size:11px;background:#eee;padding:1px 4px;
border-radius:3px;color:#616061;margin-left:5px}.body{min-width:0;flex:1}
h3{font-size:18px;margin:4px 0 6px}.section{margin:6px 0;white-space:pre-wrap;overflow-wrap:anywhere;display:flex;
justify-content:space-between;gap:14px}.fields{display:grid;grid-template-columns:minmax(110px,34%) 1fr;gap:6px 14px;
margin:6px 0;white-space:pre-wrap;overflow-wrap:anywhere}.context{font-size:13px;color:#616061;display:flex;
flex-wrap:wrap;gap:4px 12px;margin:7px 0 2px}.actions{display:flex;flex-wrap:wrap;gap:8px;margin:10px 0 6px}
.b{border:1px solid #bbb;border-radius:4px;padding:5px 12px;font-weight:700;font-size:14px;background:#fff;
white-space:nowrap;height:max-content}.primary{background:#007a5a;border-color:#007a5a;color:#fff}
.danger{color:#e01e5a;border-color:#e01e5a}
hr{border:0;border-top:1px solid #e4e4e4;margin:12px 0}.in{border:1px solid #999;border-radius:4px;padding:7px 10px;
white-space:pre-wrap;min-height:20px;color:#1d1c1d}.lb{font-weight:700;margin:10px 0 4px}.ph{color:#888}
.opt{font-weight:400;color:#616061}.cf{font-size:12px;color:#616061;border-left:3px solid #ddd;padding-left:8px;
margin:4px 0;white-space:pre-wrap}
"""


def page(parts: Iterable[tuple[str, Json]]) -> str:
    """One page of figures: title and either `{"blocks"}` of a message or a view."""
    figures = "\n".join(_figure(title, part) for title, part in parts)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Countersign in Slack</title>'
        f"<style>{_STYLE}</style><main>{figures}</main></html>"
    )


def _figure(title: str, part: Json) -> str:
    blocks = "".join(_block(each) for each in part["blocks"])
    caption = f"<figcaption>{html.escape(title)}</figcaption>"
    if part.get("type") == "modal":
        bar = f'<div class="bar">{_text(part["title"])}</div>'
        submit = f'<span class="b primary">{_text(part["submit"])}</span>' if "submit" in part else ""
        foot = f'<div class="foot"><span class="b">{_text(part["close"])}</span>{submit}</div>'
        return f'<figure class="modal">{caption}{bar}<div>{blocks}</div>{foot}</figure>'
    name = '<div><span class="name">Countersign</span><span class="tag">APP</span></div>'
    body = f'<div class="seal">C</div><div class="body">{name}{blocks}</div>'
    return f'<figure>{caption}<div class="app">{body}</div></figure>'


def _block(block: Json) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{_text(block['text'])}</h3>"
        case "divider":
            return "<hr>"
        case "context":
            return f'<div class="context">{"".join(f"<span>{_text(each)}</span>" for each in block["elements"])}</div>'
        case "actions":
            return f'<div class="actions">{"".join(_element(each) for each in block["elements"])}</div>' + _confirms(
                block
            )
        case "input":
            optional = ' <span class="opt">(optional)</span>' if block.get("optional") else ""
            return f'<div class="lb">{_text(block["label"])}{optional}</div>{_input(block["element"])}'
    fields = "".join(f"<div>{_text(each)}</div>" for each in block.get("fields", ()))
    if fields:
        return f'<div class="fields">{fields}</div>'
    side = _element(block["accessory"]) if "accessory" in block else ""
    return f'<div class="section"><div>{_text(block["text"])}</div>{side}</div>'


def _element(element: Json) -> str:
    if element["type"] == "overflow":
        return '<span class="b">⋯</span>'
    return f'<span class="b {element.get("style", "")}">{_text(element["text"])}</span>'


def _confirms(block: Json) -> str:
    return "".join(
        f'<div class="cf">asks first: {_text(each["confirm"]["title"])} {_text(each["confirm"]["text"])}</div>'
        for each in block["elements"] if "confirm" in each
    )  # fmt: skip


def _input(element: Json) -> str:
    if "initial_option" in element:
        return f'<div class="in">{_text(element["initial_option"]["text"])} ▾</div>'
    value = element.get("initial_value") or element.get("initial_date")
    if value:
        return f'<div class="in">{html.escape(str(value))}</div>'
    hint = element.get("placeholder", {}).get("text", "")
    return f'<div class="in ph">{html.escape(hint)}</div>'


def _text(text: Json) -> str:
    if text["type"] == "plain_text":
        return html.escape(text["text"])
    shown = re.sub(r"<!date\^(\d+)\^[^|>]*\|[^>]*>", lambda found: _moment(int(found[1])), text["text"])
    shown = html.escape(shown)
    for mark, tag in (("*", "b"), ("_", "i"), ("`", "code")):
        shown = re.sub(rf"{re.escape(mark)}([^{re.escape(mark)}\n]+){re.escape(mark)}", rf"<{tag}>\1</{tag}>", shown)
    return shown


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %b at %H:%M}"
