"""Review: what people say of a proposal. One function serves every surface, so that all give the same answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.errors import FieldError, Problem, field_errors
from app.identity.principals import still
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Decision, Execution, Proposal, Review, Verdict
from app.workflow import answer, cases, decide, history, route
from app.workflow.authority import Capacity, able, check_authority
from app.workflow.dossier import Dossier, dossier, read_dossier, renew, surprises
from app.workflow.faults import fault_point
from app.workflow.hearing import Hearing
from app.workflow.material import Material
from app.workflow.parties import parties
from app.workflow.record import log
from policies import decision as policy
from tools.actions import Action, parse_action
from tools.ports import SourceUnavailable
from tools.registry import TOOLS
from tools.values import Value

DIGEST_NEEDED = ("approve", "edit", "reject")
COMMENT_LIMIT = 10_000
_NO_DIGEST = "sha256:" + "0" * 64
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_STANDING = select(Proposal).where(col(Proposal.case_id) == bindparam("case"), col(Proposal.status) == "decided")


class VerdictBody(Value):
    """`args_digest` is the digest that was shown; `args` the complete new arguments of an edit."""

    verdict: Literal["approve", "edit", "reject", "respond", "withdraw"]
    args_digest: Annotated[str, Field(max_length=80)] | None = None
    args: dict[str, Any] | None = None
    comment: Annotated[str, Field(max_length=COMMENT_LIMIT)] | None = None


@dataclass(frozen=True)
class _Asked:
    """A verdict on its way: who says what of which review, at what time."""

    actor: Actor
    body: VerdictBody
    now: datetime
    shown_at: datetime | None
    session: Session
    review: Review
    found: Dossier


def give_verdict(ctx: Context, actor: Actor, review_id: str, body: Any, *, shown_at: datetime | None = None) -> None:
    """Records a verdict and does what follows from it, or raises Problem; then nothing but the refusal is stored.

    Precedence: `not_found`, `not_permitted` / `self_approval`, `already_decided`, `expired`, `args_mismatch`,
    `policy_changed`, `stale_facts`, `invalid_body` / `invalid_args`. After `policy_changed` and `stale_facts` the
    review asks anew, with the present decision.
    """
    with read_only(ctx.engine) as session:
        proposal_id = _find(session, actor.tenant, review_id).proposal_id
    found = read_dossier(ctx, actor.tenant, proposal_id)
    # Told apart from the rows, which a refusal's rollback takes with it.
    about = {"case": found.case.id, "proposal": proposal_id, "review": review_id}
    parsed, invalid = _parse(body)
    action, invalid_args = _edited(found, parsed)
    material = _fresh(ctx, found, action or found.action)
    now = ctx.clock()
    try:
        with unit_of_work(ctx.engine) as session:
            cases.lock(session, actor.tenant, found.case.id)
            actor = still(session, actor, now)
            review = _find(session, actor.tenant, review_id)
            found = dossier(ctx, session, actor.tenant, proposal_id)
            said = parsed.verdict if parsed else "respond"
            speaks = check_authority(ctx, session, actor, review, found, said, material.known, now)
            _check_open(session, actor, review, said, now)
            _check_digest(review, parsed)
            approving = parsed is not None and parsed.verdict == "approve"
            refusal = _asks_anew(ctx, session, review, found, material, now) if approving else None
            if refusal is None:
                if problem := invalid or invalid_args:
                    raise problem
                assert parsed is not None
                asked = _Asked(actor, parsed, now, shown_at, session, review, found)
                _carry_out(ctx, asked, action, material, speaks)
    except Problem as problem:
        _log_refusal(ctx, actor, about, problem, now)
        raise
    if refusal is None:
        fault_point("review.given")
        return
    fault_point("review.asked_anew")
    _log_refusal(ctx, actor, about, refusal, now)
    raise refusal


def supersede(ctx: Context, session: Session, case: Case, now: datetime, *, because: str) -> None:
    """Takes back every proposal of the case that has not taken effect, with its review or waiting execution."""
    for row in session.execute(_STANDING, {"case": case.id}).scalars():
        if _untouched(session, row):
            route.withdraw(ctx, session, case, row, now, status="superseded", because=because)


def _untouched(session: Session, row: Proposal) -> bool:
    execution = session.exec(select(Execution.status).where(col(Execution.proposal_id) == row.id)).first()
    return execution in (None, "waiting")


def _find(session: Session, tenant: str, review_id: str) -> Review:
    query = select(Review).where(col(Review.id) == review_id, col(Review.tenant) == tenant)
    review = session.exec(query).first()
    if review is None:
        raise Problem("not_found", f"There is no review {review_id}.")
    return review


def _parse(body: Any) -> tuple[VerdictBody | None, Problem | None]:
    try:
        parsed = VerdictBody.model_validate(body)
    except ValidationError as wrong:
        return None, Problem("invalid_body", "The verdict is not valid.", errors=field_errors(wrong))
    if parsed.verdict in DIGEST_NEEDED and parsed.args_digest is None:
        error = FieldError(pointer="/args_digest", detail="the digest that was shown is needed")
        return parsed, Problem("invalid_body", "The verdict is not valid.", errors=[error])
    if parsed.verdict not in DIGEST_NEEDED and not _DIGEST.fullmatch(parsed.args_digest or _NO_DIGEST):
        error = FieldError(pointer="/args_digest", detail="is not a digest")
        return parsed, Problem("invalid_body", "The verdict is not valid.", errors=[error])
    if parsed.verdict == "edit" and parsed.args is None:
        error = FieldError(pointer="/args", detail="an edit needs the complete new arguments")
        return parsed, Problem("invalid_args", "The edit is not valid.", errors=[error])
    if parsed.verdict == "respond" and not (parsed.comment or "").strip():
        error = FieldError(pointer="/comment", detail="a question needs its words")
        return parsed, Problem("invalid_body", "The verdict is not valid.", errors=[error])
    return parsed, None


def _edited(found: Dossier, parsed: VerdictBody | None) -> tuple[Action | None, Problem | None]:
    if parsed is None or parsed.verdict != "edit" or parsed.args is None:
        return None, None
    try:
        action = parse_action(found.action.tool, parsed.args)
    except ValidationError as wrong:
        errors = field_errors(wrong, "/args", drop=1)
        return None, Problem("invalid_args", "The new arguments are not valid.", errors=errors)
    if action.digest() == found.action.digest():
        error = FieldError(pointer="/args", detail="the arguments are what they were")
        return None, Problem("invalid_args", "Nothing was changed.", errors=[error])
    strangers = sorted({ref.proposal for ref in action.refs().values()} - set(found.earlier))
    if strangers:
        errors = [FieldError(pointer="/args", detail=f"refers to {name}, which this proposal does not follow")
                  for name in strangers]  # fmt: skip
        return None, Problem("invalid_args", "The new arguments are not valid.", errors=errors)
    return action, None


def _fresh(ctx: Context, found: Dossier, action: Action) -> Material:
    try:
        return found.material(ctx, action, ctx.clock())
    except SourceUnavailable as unavailable:
        detail = f"The records cannot be read now, so nothing can be decided: {unavailable}"
        raise Problem("unavailable", detail) from unavailable


def _check_open(session: Session, actor: Actor, review: Review, said: str, now: datetime) -> None:
    over = now >= review.expires_at and TOOLS[review.tool].risk_class != "protective"  # those stay open
    if review.status == "expired" or (review.status == "pending" and over):
        raise Problem("expired", "The time to decide is over.")
    if review.status != "pending":
        raise _already(review.decided_by, review.decided_at, review.status)
    if said == "approve":
        before = next((each for each in approvals(session, review) if each.principal_id == actor.principal_id), None)
        if before is not None:
            raise _already(actor.principal_id, before.at, "pending")


def _already(by: str | None, at: datetime | None, status: str) -> Problem:
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
    extra = {"decided_by": by, "decided_at": when, "status": status}
    return Problem("already_decided", f"This review is {status}.", extra=extra)


def _check_digest(review: Review, parsed: VerdictBody | None) -> None:
    if parsed and parsed.verdict in DIGEST_NEEDED and parsed.args_digest not in (None, review.args_digest):
        raise Problem(
            "args_mismatch", "The arguments were changed since they were shown.",
            extra={"args_digest": review.args_digest},
        )  # fmt: skip


def _asks_anew(
    ctx: Context, session: Session, review: Review, found: Dossier, material: Material, now: datetime
) -> Problem | None:
    """The refusal where the rules ask for more by now, or the records changed; the review then asks anew."""
    changed = surprises(session, found, material)
    question = found.question(found.action)
    judged = Hearing(ctx, session, found.case, found.trigger, material, now).judge(question)
    stricter = policy.stricter(judged.decision, as_decision(found.decision, judged.decision))
    if not stricter and not changed:
        return None
    if judged.decision.effect == "deny":
        decide.file_decision(ctx, session, found.case, found.row, judged, now, stage="verdict", routed=False)
        route.withdraw(ctx, session, found.case, found.row, now, status="denied", because="policy_changed")
        cases.settle(session, found.case, now)
    else:
        renew(ctx, session, found, judged, material, now)
        decide.file_decision(ctx, session, found.case, found.row, judged, now, stage="verdict", review=review)
    if stricter:
        reasons = " ".join(judged.decision.reasons)
        return Problem("policy_changed", f"Policy asks for more than when this was shown: {reasons}")
    return Problem("stale_facts", "Records changed since this was proposed.", extra={"changed": changed})


def as_decision(row: Decision, like: policy.Decision) -> policy.Decision:
    """A stored decision in the policy's own type, for comparing it with `like`, a fresh one."""
    return like.model_copy(
        update={"effect": row.effect, "requirements": decide.as_policy(row), "observe": row.observed}
    )


def approvals(session: Session, review: Review) -> list[Verdict]:
    """The approvals that count: of the present arguments, since the review last asked."""
    query = select(Verdict).where(
        col(Verdict.review_id) == review.id, col(Verdict.verdict) == "approve",
        col(Verdict.args_digest) == review.args_digest, col(Verdict.at) >= review.asked_at,
    )  # fmt: skip
    return list(session.exec(query.order_by(col(Verdict.at))))


def _carry_out(ctx: Context, asked: _Asked, action: Action | None, material: Material, speaks: Capacity) -> None:
    session, review, found, now = asked.session, asked.review, asked.found, asked.now
    verdict = Verdict(
        id=new_id("ver", now), tenant=review.tenant, review_id=review.id, principal_id=asked.actor.principal_id,
        verdict=asked.body.verdict, args_digest=asked.body.args_digest, roles=sorted(speaks.roles),
        lent=speaks.lent, limit_minor=speaks.limit_minor, surface=asked.actor.surface, shown_at=asked.shown_at,
        at=max(now, review.asked_at),  # it answers what was asked, though the clock was set back meanwhile
    )  # fmt: skip
    payloads = []
    if asked.body.comment:
        verdict.comment_payload = ctx.vault.seal(
            session, review.tenant, found.case.data_subject, "comment", {"comment": asked.body.comment}, now
        )
        payloads.append(verdict.comment_payload)
    session.add(verdict)
    session.flush()
    log(
        ctx, session, asked.actor, "verdict.given",
        refs={
            "case": review.case_id,
            "proposal": review.proposal_id,
            "review": review.id,
            "decision": review.decision_id,
        },
        digests={"shown": asked.body.args_digest, "args": action.digest() if action else review.args_digest},
        details={
            "verdict": asked.body.verdict, "tool": review.tool,
            "findings": sorted({one.kind for one in found.proposal.findings}) or None,
        },
        payloads=payloads, shown_at=asked.shown_at, decided_at=now, delegated_by=_delegated_by(asked.actor, review),
    )  # fmt: skip
    match asked.body.verdict:
        case "approve":
            _approve(ctx, asked, material)
        case "edit":
            assert action is not None
            _edit(ctx, asked, action, material)
        case "reject" | "withdraw":
            ended = "rejected" if asked.body.verdict == "reject" else "withdrawn"
            review.status, review.decided_at, review.decided_by = ended, now, asked.actor.principal_id
            session.add(review)
            route.end(ctx, session, found.case, found.row, now, status=ended)
        case "respond":
            answer.ask(ctx, session, found.case, verdict)
    cases.settle(session, found.case, now)


def _approve(ctx: Context, asked: _Asked, material: Material) -> None:
    session, review, found, now = asked.session, asked.review, asked.found, asked.now
    given = [able(session, item, found, material.known, now) for item in approvals(session, review)]
    around = parties(ctx, session, found, review.editor_ids)
    if policy.unmet(
        required_now(review, decide.as_policy(found.decision)), given, parties=around,
        amount_minor=found.decision.amount_minor,
    ):  # fmt: skip
        return
    review.status, review.decided_at, review.decided_by = "approved", now, asked.actor.principal_id
    session.add(review)
    route.start(ctx, session, found.case, found.row, now, review_id=review.id)


def required_now(review: Review, requirements: list[policy.Requirement]) -> list[policy.Requirement]:
    """The requirements, widened by the role each escalates to once the review has escalated."""
    return [item.escalated() for item in requirements] if review.escalated_at else requirements


def _edit(ctx: Context, asked: _Asked, action: Action, material: Material) -> None:
    """Puts new arguments in the place of the old: judged as if proposed, asked anew, the editor no approver of them."""
    session, review, found, now = asked.session, asked.review, asked.found, asked.now
    question = found.question(action, editor=asked.actor.principal_id)
    judged = Hearing(ctx, session, found.case, found.trigger, material, now).judge(question)
    if judged.decision.effect == "deny":
        raise Problem("denied", "Policy refuses these arguments: " + " ".join(judged.decision.reasons))
    proposal = found.proposal.model_copy(update={"action": action})
    row = found.row
    row.args_digest, row.seen, row.target = action.digest(), judged.seen, history.target_of(action)
    row.depends_on = sorted({ref.proposal for ref in action.refs().values()})
    row.content_payload = decide.seal_content(
        ctx, session, found.case, proposal, judged, now, evidence_facts=found.content["evidence_facts"],
        edited_from=found.content.get("edited_from") or found.action.args(), edited_by=asked.actor.principal_id,
    )  # fmt: skip
    session.add(row)
    review.editor_ids = sorted({*review.editor_ids, asked.actor.principal_id})
    decide.file_decision(ctx, session, found.case, row, judged, now, stage="edit", review=review)


def _delegated_by(actor: Actor, review: Review) -> str | None:
    """Who lent the role that the actor needs, where the actor holds it in no other way."""
    needed = {role for item in review.required for role in item["roles"]}
    own = {grant.role for grant in actor.grants if grant.from_id is None}
    lent = [grant.from_id for grant in actor.grants if grant.from_id and grant.role in needed - own]
    return lent[0] if lent else None


def _log_refusal(ctx: Context, actor: Actor, about: Mapping[str, str], problem: Problem, now: datetime) -> None:
    with unit_of_work(ctx.engine) as session:
        log(ctx, session, actor, "verdict.refused", refs=about, details={"code": problem.code}, decided_at=now)
    fault_point("review.refused")
