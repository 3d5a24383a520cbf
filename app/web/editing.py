"""Editing on the page: typed inputs, and what would be different, displayed before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem, field_errors
from app.views.forms import PREFIX, Field, args_of, fields_of
from app.views.labels import Labels
from app.views.written import read, written
from app.web.pages import Form
from tools.actions import parse_action

_AMOUNT: Final = "amount."
_HOURS: Final = "hours."


@dataclass(frozen=True)
class Editing:
    """An edit as it was typed. `changes` is what would be different; `to_be_seen`: it is shown before it is sent."""

    form: Form
    digest: str | None
    changes: list[dict[str, str]]
    errors: list[FieldError]
    to_be_seen: bool

    @staticmethod
    def fields(
        tool: str, args: dict[str, Any] | None, draft: "Editing | None", errors: Sequence[FieldError]
    ) -> list[Field]:
        """The action's fields, with what was typed in the place of what stands."""
        if args is None:
            return []
        currency = args.get("currency")
        found = []
        for field in fields_of(tool, args, list(errors)):
            text = draft.form.get(PREFIX + field.name, field.text) if draft else field.text
            typed = draft.form.get(_written_name(field.name)) if draft else None
            found.append(
                field.model_copy(update={"text": written(field.name, text, currency) if typed is None else typed})
            )
        return found


def editing(ctx: Context, actor: Actor, review: dict[str, Any], form: Form) -> Editing | None:
    """What a form of the page wants changed; None for any other verdict."""
    said = form.get("verdict")
    if said not in ("edit", "preview", "resume") or (said == "resume" and not _typed(form)):
        return None
    tool, before = review["action"]["tool"], review["action"]["args"] or {}
    plain, errors = _plain(form, before.get("currency"))
    try:
        args = args_of(tool, plain)
        action = parse_action(tool, args)
    except Problem as problem:
        return Editing(plain, None, [], _with(errors, problem.errors), to_be_seen=said != "edit" or bool(errors))
    except ValidationError as wrong:
        found = _with(errors, field_errors(wrong, "/args", drop=1))
        return Editing(plain, None, [], found, to_be_seen=said != "edit" or bool(errors))
    digest = action.digest()
    unseen = form.get("seen") not in (None, "", digest)
    changes = _changes(Labels(ctx, actor.tenant), tool, before, action.args())
    return Editing(plain, digest, changes, errors, to_be_seen=said != "edit" or unseen or bool(errors))


def _with(errors: list[FieldError], more: list[FieldError]) -> list[FieldError]:
    """What could not be read is not said to be missing as well."""
    known = {error.pointer for error in errors}
    return [*errors, *(error for error in more if error.pointer not in known)]


def _typed(form: Form) -> bool:
    return any(name.startswith((PREFIX, _AMOUNT, _HOURS)) for name in form)


def _written_name(argument: str) -> str:
    """The input in which people write an amount or a duration, beside the argument's own in minor units or minutes."""
    return (_AMOUNT if argument.endswith("_minor") else _HOURS if argument.endswith("minutes") else PREFIX) + argument


def _plain(form: Form, currency: str | None) -> tuple[Form, list[FieldError]]:
    """The form with amounts and durations in the units of the arguments."""
    plain, errors = dict(form), []
    currency = form.get(PREFIX + "currency") or currency
    for name, text in form.items():
        if name.startswith((_AMOUNT, _HOURS)) and text.strip():
            argument = name.removeprefix(_AMOUNT).removeprefix(_HOURS)
            try:
                plain[PREFIX + argument] = read(argument, text, currency)
            except ValueError as bad:
                errors.append(FieldError(pointer=f"/args/{argument}", detail=str(bad)))
    return plain, errors


def _changes(labels: Labels, tool: str, before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    was, will = labels.values(tool, before), labels.values(tool, after)
    return [
        {"name": name, "was": was.get(name, "not set"), "will": will.get(name, "not set")}
        for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)
    ]  # fmt: skip
