"""`/countersign …`: what can be typed. Who is not linked is told how to be, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.actor import Actor
from app.errors import Problem
from app.identity.slack_links import prefer, use_code
from app.slack import kit
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.telling import LISTED, listed
from app.views import cases, indicators, reviews
from app.views.labels import Labels
from app.views.pages import MAX_LIMIT, Page
from app.views.words import spoken
from app.workflow import control, ingest
from tools.registry import TOOLS

HELP: Final = """\
/countersign queue – what waits for you
/countersign case ID – a case and what became of it
/countersign why ID – why a review, a case or its newest decision is as it is
/countersign triage TEXT – have a request read and planned
/countersign status – the firm's figures of the last 30 days
/countersign pause TOOL – stop a tool at once
/countersign link CODE – tie this Slack account to you
/countersign quiet 18:00-08:00 – when you are not to be told anything in person
/countersign help – this"""
Said = tuple[str, list[Block] | None]


def command(desk: Desk, came: Came) -> None:
    """Raises Problem; it is told to who typed."""
    word, _, rest = came.text.strip().partition(" ")
    word, rest = word.lower() or "help", rest.strip()
    if word == "link":
        _link(desk, came, rest)
        return
    actor = desk.actor(came)
    if word == "quiet":
        begins, _, ends = rest.partition("-")
        prefer(desk.ctx, actor, came.team_id, quiet=(begins.strip(), ends.strip()))
        desk.say(came, f"From {begins.strip()} to {ends.strip()} you are not told anything in person.")
        return
    handler = _COMMANDS.get(word)
    if handler is None:
        raise Problem("invalid_query", f"There is no {word[:40]!r} here.\n{HELP}")
    text, blocks = handler(desk, actor, rest)
    desk.say(came, text, blocks)


def _link(desk: Desk, came: Came, code: str) -> None:
    workspace = desk.workspace(came)
    desk.people.require_member(workspace, came.user_id)
    if not code:
        raise Problem("invalid_query", "Type the code after it: /countersign link ABCDE-12345")
    row = use_code(desk.ctx, desk.guesses, workspace.tenant, came.team_id, came.user_id, code)
    zone = desk.people.zone(workspace, came.user_id)
    prefer(desk.ctx, desk.actor(came), came.team_id, zone=zone)
    desk.say(came, f"This Slack account now speaks for {row.name}.")


def _help(_desk: Desk, _actor: Actor, _rest: str) -> Said:
    return HELP, None


def _queue(desk: Desk, actor: Actor, _rest: str) -> Said:
    found = reviews.queue(desk.ctx, actor, Page(MAX_LIMIT), mine=True)["items"]
    if not found:
        return "Nothing waits for you.", None
    return "What waits for you", listed(desk.ctx, actor, "What waits for you", found[:LISTED], len(found))


def _case(desk: Desk, actor: Actor, rest: str) -> Said:
    found = cases.case(desk.ctx, actor, rest)
    labels = Labels(desk.ctx, actor.tenant)
    blocks: list[Block] = [
        kit.header(spoken(found["kind"])),
        kit.context(kit.words(f"*{spoken(found['status'])}*"), kit.plain(found["subject"] or "", 200)),
    ]
    if found["summary"]:
        blocks.append(kit.section(kit.plain(found["summary"])))
    reviews_of = {each["proposal_id"]: each for each in found["reviews"]}
    executions = {each["proposal_id"]: each for each in found["executions"]}
    for each in found["proposals"][-20:]:
        sentence = labels.sentence(each["action"]["tool"], each["action"]["args"])
        state = (executions.get(each["id"]) or reviews_of.get(each["id"]) or each)["status"]
        blocks.append(kit.section(kit.plain(f"{sentence}\n{spoken(state)}")))
    blocks.append(kit.actions(kit.button("Open on the web", "web", url=f"{desk.ctx.settings.public_url}/cases/{rest}")))
    return f"Case {rest}", blocks


def _why(desk: Desk, actor: Actor, rest: str) -> Said:
    """Of a review, or of each decision of a case."""
    if rest.startswith("rev_"):
        found = reviews.review(desk.ctx, actor, rest)
        told = [(found["action"], found["decision"] | {"risk": found["risk"]}, found["rationale"])]
    else:
        case = cases.case(desk.ctx, actor, rest)
        told = [(each["action"], each["decision"], each["rationale"]) for each in case["proposals"] if each["decision"]]
        if not told:
            return case["because"] or "Nothing was decided here yet.", None
    labels = Labels(desk.ctx, actor.tenant)
    blocks: list[Block] = []
    for action, decision, rationale in told[-8:]:
        reasons = "\n".join(f"• {each}" for each in decision["reasons"]) or "• no rule asked for more"
        said = (
            f"{labels.sentence(action['tool'], action['args'])}\n{decision['effect']}, risk {decision['risk']['score']}"
        )
        blocks.append(kit.section(kit.plain(said)))
        blocks += kit.paragraphs("", f"{reasons}\n{rationale or ''}".strip())
    return "Why", blocks


def _triage(desk: Desk, actor: Actor, rest: str) -> Said:
    actor.require_change()
    if not rest:
        raise Problem("invalid_query", "Type what was asked after it: /countersign triage TEXT")
    case_id = ingest.request_triage(desk.ctx, actor, {"kind": "other", "text": rest})
    return f"It is being read: {desk.ctx.settings.public_url}/cases/{case_id}", None


def _status(desk: Desk, actor: Actor, _rest: str) -> Said:
    return "Figures of the last 30 days", figures(indicators.indicators(desk.ctx, actor))


def figures(found: dict[str, Any]) -> list[Block]:
    """The firm's indicators as a table."""
    latency, queue = found["approval_latency_s"], found["queue"]
    rows = [
        ("Waiting", str(queue["pending"])), ("Oldest", _span(queue["oldest_age_s"])),
        ("Runs by itself", _share(found["automation_rate_bp"])), ("Taken back", _share(found["reversal_rate_bp"])),
        ("Half decided within", _span(latency["p50"])), ("Nine of ten within", _span(latency["p90"])),
    ]  # fmt: skip
    return [kit.section(kit.words("*Figures of the last 30 days*")), *kit.pairs(rows)]


def _share(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{basis_points / 100:.0f} %"


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min" if seconds >= 3600 else f"{seconds // 60} min"


def _pause(desk: Desk, actor: Actor, rest: str) -> Said:
    if rest not in TOOLS:
        raise Problem("invalid_query", f"Name a tool: {', '.join(TOOLS)}.")
    control.pause(desk.ctx, actor, "tool", rest)
    return f"{TOOLS[rest].title}: paused. What is approved of it waits until somebody resumes it on the web.", None


_COMMANDS: Final[Mapping[str, Callable[[Desk, Actor, str], Said]]] = {
    "help": _help, "queue": _queue, "case": _case, "why": _why, "triage": _triage, "status": _status, "pause": _pause,
}  # fmt: skip
