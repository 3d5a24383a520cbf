"""Caring for a case: taking it, giving it to somebody, putting it off, saying what it really is, withdrawing it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, get_args

from app.actor import Actor
from app.errors import Problem
from app.slack import kit
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.presses import Choice, OfCase, OfReview, read, wire
from app.slack.verdicts import decide
from app.store.engine import read_only
from app.store.models import SlackLink
from app.views import cases
from app.views.words import spoken
from app.workflow import claims, corrections
from tools.events import TriageKind

_PUT_OFF: Final = timedelta(hours=4)
_SAME: Final = "same"


def take(desk: Desk, came: Came) -> None:
    press, actor = read(OfCase, came.value), desk.actor(came)
    claims.claim(desk.ctx, actor, press.case)


def more(desk: Desk, came: Came) -> None:
    """An option of the menu below a card."""
    choice, actor = read(Choice, came.value), desk.actor(came)
    handler = _CHOICES.get(choice.do)
    if handler is None:
        raise Problem("invalid_body", "This menu is not one of ours.")
    cases.require_in_sight(desk.ctx, actor, choice.case)
    actor.require_change()
    handler(desk, came, actor, choice)


def given(desk: Desk, came: Came) -> Block | None:
    """To whom, said by their account; it must be one that speaks for somebody."""
    press, actor = read(OfCase, came.value), desk.actor(came)
    with read_only(desk.ctx.engine) as session:
        link = session.get(SlackLink, (came.team_id, came.values.get("to") or ""))
    if link is None or link.ended_at is not None or link.tenant != actor.tenant:
        return {"response_action": "errors", "errors": {"to": "This account is not linked to a person here."}}
    claims.claim(desk.ctx, actor, press.case, link.principal_id)
    return None


def corrected(desk: Desk, came: Came) -> Block | None:
    """What the case really is: the second of two clicks."""
    press, actor = read(OfCase, came.value), desk.actor(came)
    cases.require_in_sight(desk.ctx, actor, press.case)
    answers = {name: (text or "").strip() for name, text in came.values.items()}
    said = {"comment": answers["comment"]} if answers.get("comment") else {}
    linked = {name: answers[name] for name in ("customer", "project") if answers.get(name)}
    kind = answers.get("kind", _SAME)
    if kind == _SAME and not linked:
        return {"response_action": "errors", "errors": {"comment": "Say what is different."}}
    if linked:
        corrections.correct(desk.ctx, actor, press.case, {"kind": "relink"} | linked | said)
    if kind != _SAME:
        corrections.correct(desk.ctx, actor, press.case, {"kind": "reclassify", "to": kind} | said)
    return None


def _assign(desk: Desk, came: Came, _actor: Actor, choice: Choice) -> None:
    element = {"type": "users_select", "action_id": "value"}
    asked = kit.asked("to", "Who sees to it?", element)
    about = wire(OfCase(case=choice.case))
    desk.open(came, kit.modal("assign_send", "Give it to", [asked], about=about, submit="Give"))


def _snooze(desk: Desk, came: Came, actor: Actor, choice: Choice) -> None:
    claims.snooze(desk.ctx, actor, choice.case, desk.ctx.clock() + _PUT_OFF)
    desk.say(came, "You are reminded in four hours; the deadline stays as it is.")


def _correct(desk: Desk, came: Came, actor: Actor, choice: Choice) -> None:
    case = cases.case(desk.ctx, actor, choice.case)
    asked: list[Block] = []
    if case["workflow"].startswith("triage."):
        kinds = [(_SAME, "as it is"), *((kind, spoken(kind)) for kind in get_args(TriageKind))]
        options = [(text.capitalize(), value) for value, text in kinds]
        asked.append(kit.asked("kind", "It is a", kit.choice("value", options, _SAME), optional=True))
    for name in ("customer", "project"):
        element = kit.line("value", most=120, placeholder=str(case[name] or f"id of the {name}"))
        asked.append(kit.asked(name, f"It is about the {name}", element, optional=True))
    asked.append(kit.asked("comment", "Why", kit.line("value", several=True), optional=True))
    note = "What was planned is taken back and planned again; you do not approve what comes of it."
    blocks = [kit.context(kit.words(note)), *asked]
    about = wire(OfCase(case=choice.case))
    desk.open(came, kit.modal("correct_send", "It is something else", blocks, about=about, submit="Correct"))


def _dismiss(desk: Desk, came: Came, actor: Actor, choice: Choice) -> None:
    corrections.correct(desk.ctx, actor, choice.case, {"kind": "dismiss"})


def _withdraw(desk: Desk, _came: Came, actor: Actor, choice: Choice) -> None:
    """The one review that the card asked for, else all that still wait."""
    case: Mapping[str, Any] = cases.case(desk.ctx, actor, choice.case)
    wanted = [
        each for each in case["reviews"]
        if each["id"] == choice.review or (choice.review is None and each["status"] == "pending")
    ]  # fmt: skip
    if not wanted:
        raise Problem("conflict", "Nothing of this case waits for anybody.")
    for each in wanted:
        press = OfReview(review=each["id"], digest=each["args_digest"])
        decide(desk, actor, press, {"verdict": "withdraw"})


_CHOICES: Final[Mapping[str, Callable[[Desk, Came, Actor, Choice], None]]] = {
    "assign": _assign, "snooze": _snooze, "correct": _correct, "dismiss": _dismiss, "withdraw": _withdraw,
}  # fmt: skip
