"""Each kind of message and view, made by the real service over a sandbox firm: checked Block Kit, and HTML to look at.

`python -m tests.integration.slack.preview FOLDER` writes `NAME.json` for each and `preview.html`, and says what Slack's
published limits have against them.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.graph import Triage
from agents.memory import Memory
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.slack.planning import plan
from tests.integration.fakes import FakeAgents
from tests.integration.slack.conftest import CHANNEL, Office, open_office
from tests.integration.slack.kit_rules import message_errors, too_long, view_errors
from tests.integration.slack.preview_html import page
from tests.integration.slack.workspace import Message
from tests.integration.workflow.scenes import drafted, request, task, write_off
from tests.integration.world import World, make_template, settings_of

Part = tuple[str, dict[str, Any]]
_WORDS = (
    "Hi, for the launch we also need the customer portal in French, with the help texts. Could you have it by the end "
    "of April? We think it is about 40 hours of work."
)


def parts(office: Office) -> Iterator[Part]:
    """Goes through a day in Slack and shows what is seen on the way, however long the machine takes for it."""
    office.slack.trigger_s = 60
    world, agents = office.world, FakeAgents()
    yield from _bundle(office)
    _plan_by(world, agents)
    office.sign_in("fred", "cora", "finn")
    world.agents = agents
    drafted(world, write_off(1_200_000, reason="The January entries were billed twice; agreed with the customer."))
    office.tell()
    card = office.slack.cards(CHANNEL)[-1]
    yield "a high risk", _shown(card)
    office.press("hal", card, "ask")
    yield "asking", _view(office)
    office.submit("hal", office.view(), comment="Which entries are these, and is it 11,900 after the discount?")
    agents.says(write_off(1_190_000, reason="The January entries were billed twice, less the discount."))
    office.settle()
    for name, told in zip(("a question", "its answer"), office.slack.thread(card), strict=False):
        yield name, _shown(told)
    office.press("finn", card, "edit")
    office.submit("finn", office.view(), amount_minor="11,500.00")
    yield "an edit, before it is sent", _view(office)
    office.submit("finn", office.view(), amount_minor="11,500.00")
    office.tell()
    office.press("fred", card, "approve")
    office.press("cora", card, "approve")
    office.settle()
    yield "decided", _shown(card)
    yield "its result", _shown(office.slack.thread(card)[-1])
    request(
        world,
        task("Call the customer").model_copy(
            update={"description": "Ask about each entry, and note the answer.\n" * 200}
        ),
    )
    office.tell()
    yield from _views(office)


def _bundle(office: Office) -> Iterator[Part]:
    """A change request in a customer's words, read and planned by the embedded reasoner."""
    world = office.world
    world.deliver(world.event("psa.change_request.submitted", {"project_id": "prj-01", "text": _WORDS}))
    world.run()
    office.tell()
    yield "a case with several actions", _shown(office.slack.cards(CHANNEL)[-1])


def _views(office: Office) -> Iterator[Part]:
    world = office.world
    card = office.slack.cards(CHANNEL)[-1]
    office.press("lena", card, "read")
    whole = _view(office)
    yield (
        "reading it all (the long text cut here)",
        whole | {"blocks": [*whole["blocks"][:3], _cut(whole["blocks"][3]), *whole["blocks"][-4:]]},
    )
    world.set("slack", {"routes": [{"channel": CHANNEL}], "executives": "C0LEADS"})
    plan(world.ctx)
    office.tell()
    yield "the morning's exceptions", _shown(office.slack.cards("C0LEADS")[-1])
    office.event({"type": "app_home_opened", "user": "ULENA", "tab": "home"})
    assert office.slack.refused == []
    yield "App Home", office.slack.homes["ULENA"]


def _plan_by(world: World, agents: FakeAgents) -> None:
    object.__setattr__(world.ctx, "triage", agents)


def _shown(message: Message) -> dict[str, Any]:
    return {"blocks": list(message.blocks), "text": message.text}


def _view(office: Office) -> dict[str, Any]:
    return {name: each for name, each in office.view().items() if name not in ("id", "hash")}


def _cut(block: dict[str, Any]) -> dict[str, Any]:
    return block | {"text": block["text"] | {"text": block["text"]["text"][:180] + "…"}} if "text" in block else block


def _errors(part: dict[str, Any]) -> list[str]:
    if "type" in part:
        return view_errors(part)
    return message_errors(part["blocks"], part["text"]) + (["too long"] if too_long(part["blocks"]) else [])


def main(folder: Path) -> int:
    """How many of them break a limit."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        template = make_template(Path(home) / "template")
        encoder = Encoder(settings_of(template.home, None).models_dir)
        memory = Memory(Path(home) / "precedents", encoder.version)
        world = World.open(template, Path(home) / "world", agents=Triage(EmbeddedReasoner(encoder, memory)))
        shown: list[Part] = []
        for office in open_office(world):
            shown = list(parts(office))
        world.close()
        memory.close()
    wrong = 0
    for title, part in shown:
        name = title.replace(" ", "-").replace(",", "").replace("(", "").replace(")", "").replace("’", "")
        (folder / f"{name}.json").write_text(json.dumps(part, ensure_ascii=False, indent=1) + "\n")
        errors = _errors(part)
        wrong += bool(errors)
        size = len(json.dumps(part["blocks"], ensure_ascii=False))
        print(f"{title}: {len(part['blocks'])} blocks, {size} characters, {errors or 'within the limits'}")  # noqa: T201
    (folder / "preview.html").write_text(page(shown))
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
