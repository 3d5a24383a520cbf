"""Guards of the service, each as the words in its source that are taken away to see whether anybody notices."""

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import pytest

from app.identity import principals, setting_changes
from app.workflow import authority, by_hand, dossier, execute, parties, review, trigger, undo
from policies import decision


@dataclass(frozen=True)
class Guard:
    """`off`: function, words in its source, what stands there instead. `invariant`: which of the design's it holds."""

    name: str
    invariant: int
    off: tuple[tuple[Callable[..., Any], str, str], ...]

    def switch_off(self, patch: pytest.MonkeyPatch) -> None:
        for function in dict.fromkeys(function for function, _, _ in self.off):
            _replace(patch, function, [(words, instead) for of, words, instead in self.off if of is function])


def _replace(patch: pytest.MonkeyPatch, function: Callable[..., Any], changes: list[tuple[str, str]]) -> None:
    """Puts a function with other words in its source in the place of this one, wherever it was imported."""
    assert isinstance(function, FunctionType)
    source = textwrap.dedent(inspect.getsource(function))
    for words, instead in changes:
        assert source.count(words) == 1, f"{function.__qualname__} has {words!r} {source.count(words)} times"
        source = source.replace(words, instead)
    made: dict[str, Any] = {}
    exec(compile(source, f"<{function.__name__} without a guard>", "exec"), function.__globals__, made)
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if value is function:
                patch.setattr(module, name, made[function.__name__])


GUARDS = (
    Guard("who edits approves no edit of theirs", 10, ((parties.parties, "{*editors, *found.case", "{*found.case"),)),
    Guard(
        "who corrects a case approves nothing of it",
        10,
        ((parties.parties, "{*editors, *found.case.corrector_ids}", "{*editors}"),),
    ),
    Guard(
        "who asks approves nothing of it",
        10,
        ((parties.parties, "requesters(ctx, session, found.case, found.row)", "()"),),
    ),
    Guard(
        "whom it concerns does not approve it",
        10,
        ((parties.parties, "beneficiaries(session, found.case.tenant, found.action)", "()"),),
    ),
    Guard(
        "who asks before a merge is a requester after it",
        10,
        (
            (parties.requesters, "| {principal for principal, _ in said}", ""),
            (
                parties.requesters,
                "named = {case.requested_by} | {requested_by for _, requested_by in said}",
                "named = {case.requested_by}",
            ),
        ),
    ),
    Guard(
        "who takes back does not approve that",
        10,
        ((parties.requesters, "{case.requester_id, proposal.asked_by}", "{case.requester_id}"),),
    ),
    Guard(
        "a lent role is its lender's voice",
        10,
        (
            (decision._met, "_speaks_for(a, roles)", "a.principal"),
            (authority._capacity, " and grant.from_id not in barred", ""),
        ),
    ),
    Guard(
        "a setting is changed by two",
        10,
        ((setting_changes.confirm_setting, "change.proposed_by == actor.principal_id", "False"),),
    ),
    Guard(
        "a limit bounds what one approves",
        10,
        (
            (authority._covers, "limit_minor is None or", "True or"),
            (decision._within_limit, "approval.limit_minor is None or", "True or"),
        ),
    ),
    Guard(
        "a role that was taken away does not count",
        10,
        ((principals.still, "replace(actor, grants=tuple(dict.fromkeys(grants)))", "actor"),),
    ),
    Guard("approving needs the role", 1, ((authority.check_authority, "if not speaks.roles & needed:", "if False:"),)),
    Guard(
        "editing and rejecting need the role",
        1,
        ((authority.check_authority, "elif not (speaks", "elif False and not (speaks"),),
    ),
    Guard(
        "the digest that was shown is the one approved",
        6,
        ((review._check_digest, "parsed.args_digest not in (None, review.args_digest)", "False"),),
    ),
    Guard(
        "an approval is of the present arguments",
        6,
        (
            (
                review.approvals,
                "col(Verdict.args_digest) == review.args_digest, col(Verdict.at) >= review.asked_at,",
                "",
            ),
        ),
    ),
    Guard(
        "records that changed send it back", 6, ((dossier.surprises, "in changed(found.row.seen, material)", "in ()"),)
    ),
    Guard(
        "what the thresholds and rules ask for counts when it begins",
        6,
        ((execute._satisfied, "return not policy.unmet(", "return True or policy.unmet("),),
    ),
    Guard(
        "what they ask for counts when it is approved",
        6,
        ((review._asks_anew, "if not stricter and not changed:", "if True:"),),
    ),
    Guard(
        "a ruleset is heeded when an automatic action begins",
        6,
        (
            (
                execute._standing,
                'if not changed and decided.effect == "auto":',
                'if execution.review_id is None and decided.effect != "deny":',
            ),
        ),
    ),
    Guard(
        "where everybody only watches nothing begins",
        1,
        ((execute._standing, 'if decided.effect == "deny" or decided.observe:', 'if decided.effect == "deny":'),),
    ),
    Guard(
        "what is paused does not begin", 1, ((execute._claim, "control.is_paused(", "False and control.is_paused("),)
    ),
    Guard("a verdict has its time", 3, ((review._check_open, "over = now >= review.expires_at", "over = False"),)),
    Guard(
        "what has ended is not begun again",
        5,
        (
            (execute.handle, 'execution.status not in ("waiting", "running") or ', ""),
            (execute._claim, 'execution.status != "waiting" or ', ""),
        ),
    ),
    Guard(
        "what somebody's own words ask for people look at",
        2,
        (
            (trigger.read_trigger, "(event, trust, Trust.CUSTOMER)", "(event, trust, Trust.SYSTEM)"),
            (trigger.read_trigger, 'Trust.CUSTOMER if "text"', 'author if "text"'),
        ),
    ),
    Guard("a task is closed by its own firm", 8, ((by_hand.close, "task.tenant != actor.tenant", "False"),)),
    Guard(
        "an effect is taken back by its own firm",
        8,
        (
            (undo._find, ", col(Execution.tenant) == tenant", ""),
            (dossier.dossier, ", col(Proposal.tenant) == tenant", ""),
        ),
    ),
)
