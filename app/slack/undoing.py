"""Undoing: taking an effect back from the message that tells of it. It is decided like any other action."""

from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.presses import OfExecution, read
from app.views import executions
from app.workflow import undo


def take_back(desk: Desk, came: Came) -> None:
    """Raises Problem."""
    press, actor = read(OfExecution, came.value), desk.actor(came)
    executions.execution(desk.ctx, actor, press.execution)
    followed = undo.undo(desk.ctx, actor, press.execution)
    said = {
        "review": "Taking it back has to be agreed to as well; the card asks for it.",
        "deny": "Policy refuses to take this back.",
    }.get(str(followed["effect"]), "It is being taken back.")
    desk.say(came, said)
