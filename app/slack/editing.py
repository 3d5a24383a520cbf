"""Editing: the arguments as typed inputs, and what would be different, displayed before it is sent."""

from typing import Any, Final

from pydantic import ValidationError

from app.actor import Actor
from app.errors import FieldError, Problem, field_errors
from app.slack import kit
from app.slack.came import Came
from app.slack.content import differences
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.presses import Draft, OfReview, read, wire
from app.slack.verdicts import decide, in_sight, placed
from app.views.forms import PREFIX, Field, args_of, fields_of
from app.views.labels import Labels
from app.views.words import label, spoken
from app.views.written import read as read_written
from app.views.written import written
from tools.actions import Action, parse_action

_ANSWER: Final = "value"
_NOT_SET: Final = "\u2014"


def edit(desk: Desk, came: Came) -> None:
    """Opens the view with the arguments as they are."""
    press, actor = read(OfReview, came.value), desk.actor(came)
    review = in_sight(desk, actor, press.review)
    args = review["action"]["args"]
    if args is None:
        raise Problem("erased", "The content of this review was erased; it can no longer be decided.")
    draft = Draft.model_validate(placed(desk, came, press).model_dump())
    fields = fields_of(review["action"]["tool"], args)
    desk.open(came, _view(_heading(desk, actor, review), fields, draft, None, args.get("currency")))


def edited(desk: Desk, came: Came) -> Block | None:
    """The first time it shows what would be different; what was shown is sent, and nothing else."""
    draft, actor = read(Draft, came.value), desk.actor(came)
    review = in_sight(desk, actor, draft.review)
    tool, before = review["action"]["tool"], review["action"]["args"] or {}
    comment = (came.values.get("comment") or "").strip()
    try:
        args = _args(tool, before, came)
        action = _parsed(tool, args)
    except Problem as problem:
        return {"response_action": "errors", "errors": _beside(problem, fields_of(tool, before))}
    if action.digest() == review["args_digest"] == draft.digest:
        return {"response_action": "errors", "errors": {"comment": "The arguments are what they were."}}
    if draft.seen != action.digest():
        seen = draft.model_copy(update={"seen": action.digest()})
        heading = [*_heading(desk, actor, review), kit.context(kit.words("*What changes*"))]
        blocks = [*heading, *differences(Labels(desk.ctx, actor.tenant), tool, before, args)]
        view = _view(blocks, fields_of(tool, args), seen, comment, args.get("currency"))
        return {"response_action": "update", "view": view}
    press = OfReview(review=draft.review, digest=draft.digest, message=draft.message)
    words = {"comment": comment} if comment else {}
    decide(desk, actor, press, {"verdict": "edit", "args": args} | words)
    return None


def _heading(desk: Desk, actor: Actor, review: dict[str, Any]) -> list[Block]:
    labels = Labels(desk.ctx, actor.tenant)
    sentence = labels.sentence(review["action"]["tool"], review["action"]["args"])
    note = "Risk and rules are looked at anew, and another person approves what you change."
    return [kit.section(kit.plain(sentence)), kit.context(kit.words(note))]


def _view(
    heading: list[Block], fields: list[Field], draft: Draft, comment: str | None, currency: str | None
) -> Block:  # fmt: skip
    too_long = [field.name for field in fields if len(field.text) > kit.INPUT]
    blocks = [*heading, *(_input(field, currency) for field in fields if field.name not in too_long)]
    if too_long:
        names = ", ".join(spoken(name) for name in too_long)
        blocks.append(kit.context(kit.words(f"Too long to be edited here, and kept as it is: {names}.")))
    blocks.append(kit.asked("comment", "Why", kit.line(_ANSWER, comment or "", several=True), optional=True))
    submit = "Send the edit" if draft.seen else "Show what changes"
    return kit.modal("edit_send", "Edit", blocks, about=wire(draft), submit=submit, close="Cancel")


def _input(field: Field, currency: str | None) -> Block:
    """An amount stands in it as people write it, and so do hours."""
    in_hours = field.name.endswith("minutes")
    said = label(field.name) + (
        " in hours" if in_hours else f" in {currency}" if field.minor_units and currency else ""
    )
    element: Block
    if field.widget == "choice":
        options = [(spoken(each), each) for each in field.choices]
        options = options if field.needed else [(_NOT_SET, _NOT_SET), *options]
        element = kit.choice(_ANSWER, options, field.text or (None if field.needed else _NOT_SET))
    elif field.minor_units or in_hours:
        element = kit.line(_ANSWER, written(field.name, field.text, currency))
    elif field.widget == "number":
        element = {"type": "number_input", "action_id": _ANSWER, "is_decimal_allowed": False}
        element |= {"initial_value": field.text} if field.text else {}
    elif field.widget == "date":
        element = kit.day(_ANSWER, field.text)
    else:
        element = kit.line(_ANSWER, field.text, several=field.widget in ("text", "json"))
    return kit.asked(PREFIX + field.name, said, element, optional=not field.needed)


def _args(tool: str, before: dict[str, Any], came: Came) -> dict[str, Any]:
    """The complete new arguments: what had no input stays. Raises Problem `invalid_args`."""
    typed = {name.removeprefix(PREFIX): text for name, text in came.values.items() if name.startswith(PREFIX)}
    currency = typed.get("currency") or before.get("currency")
    form, errors = {}, []
    for name, text in typed.items():
        try:
            form[PREFIX + name] = "" if text in (None, _NOT_SET) else read_written(name, text, currency)
        except ValueError as bad:
            errors.append(FieldError(pointer=f"/args/{name}", detail=str(bad)))
    if errors:
        raise Problem("invalid_args", "Some fields cannot be read.", errors=errors)
    return {name: value for name, value in before.items() if name not in typed} | args_of(tool, form)


def _parsed(tool: str, args: dict[str, Any]) -> Action:
    try:
        return parse_action(tool, args)
    except ValidationError as wrong:
        errors = field_errors(wrong, "/args", drop=1)
        raise Problem("invalid_args", "The new arguments are not valid.", errors=errors) from None


def _beside(problem: Problem, fields: list[Field]) -> dict[str, str]:
    """Each error beside its input; what belongs to none stands with the comment."""
    inputs = {field.name for field in fields}
    found: dict[str, str] = {}
    for error in problem.errors:
        name = error.pointer.removeprefix("/args/").split("/")[0]
        place = PREFIX + name if name in inputs else "comment"
        found.setdefault(place, kit.cut(error.detail, 150))
    return found or {"comment": kit.cut(problem.detail, 150)}
