"""Decide: each proposal of an outcome is heard, and put on record with its decision and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlmodel import Session, col, select

from app.context import Context
from app.ids import new_id
from app.store import rows
from app.store.models import Case, Decision, Execution, Review
from app.store.models import Proposal as ProposalRow
from app.workflow import route
from app.workflow.hearing import Hearing, Judged, Question
from app.workflow.material import Material, event_facts
from app.workflow.record import log
from app.workflow.trigger import Trigger
from policies import decision as policy
from policies.risk import Doubt
from tools.actions import Action, parse_action
from tools.facts import Scalar
from tools.proposals import Assessment, Outcome, Proposal

MOST_ASKED = 60
"""Proposals of one run that may wait for people: the longest honest plan (a project of 50 roles) has fewer."""


def file_proposals(
    ctx: Context,
    session: Session,
    case: Case,
    run_id: str,
    trigger: Trigger,
    outcome: Outcome,
    material: Material,
    now: datetime,
) -> None:
    """Decides about every proposal of an outcome and puts each, its decision and what follows from it on record."""
    if not outcome.proposals:
        return
    hearing = Hearing(
        ctx, session, case, trigger, material, now, actions=[proposal.action for proposal in outcome.proposals]
    )
    facts = event_facts(trigger.event.data, trigger.trust, trigger.event.source, now)
    earlier: dict[str, Action] = {}
    asked = 0
    with rows.together(session):
        for ordinal, proposal in enumerate(outcome.proposals):
            question = Question(
                proposal.id, proposal.action, doubt_of(outcome.assessment, proposal), dict(earlier),
                evidence=proposal.evidence,
            )  # fmt: skip
            judged = hearing.judge(question)
            if judged.decision.effect == "review":
                asked += 1
                judged = judged if asked <= MOST_ASKED else _too_many(ctx, judged)
            cited = [fact.model_dump(mode="json") for fact in material.facts(proposal.evidence, facts)]
            row = file_proposal(
                ctx, session, case, proposal, judged, now, run_id=run_id, ordinal=ordinal, evidence_facts=cited
            )
            file_decision(ctx, session, case, row, judged, now, stage="propose")
            if row.status != "denied":
                earlier[proposal.id] = proposal.action
            if row.status == "decided":
                hearing.filed(question)


def _too_many(ctx: Context, judged: Judged) -> Judged:
    """No plan asks people for so much at once: whoever made it means to tire them. What is beyond is refused."""
    engine, mode = ctx.rulesets.standing.engine, cast(policy.Mode, judged.decision.mode)
    reason = f"It is one of more than {MOST_ASKED} proposals of one run that would wait for people"
    return replace(judged, decision=engine.refuse(mode, reason, judged.decision.risk))


def doubt_of(assessment: Assessment, proposal: Proposal) -> Doubt:
    """What the model doubts of its own work, in the policy's terms; abstaining is no confidence at all."""
    confidence = 0 if assessment.abstained else assessment.confidence
    return Doubt(
        low_confidence=100 - confidence, novelty=assessment.novelty, ungrounded=min(len(proposal.ungrounded), 10_000)
    )


def file_proposal(
    ctx: Context,
    session: Session,
    case: Case,
    proposal: Proposal,
    judged: Judged,
    now: datetime,
    *,
    run_id: str | None = None,
    ordinal: int = 0,
    undo_of: str | None = None,
    evidence_facts: Sequence[Mapping[str, Any]] = (),
) -> ProposalRow:
    """Stores a proposal with its content sealed. The caller files its decision."""
    row = ProposalRow(
        id=proposal.id, tenant=case.tenant, case_id=case.id, run_id=run_id,
        case_generation=case.generation, ordinal=ordinal, tool=proposal.action.tool, status="decided",
        target=judged.question.target, args_digest=judged.question.args_digest, seen=judged.seen,
        depends_on=sorted({ref.proposal for ref in proposal.action.refs().values()}), undo_of=undo_of,
        content_payload=seal_content(ctx, session, case, proposal, judged, now, evidence_facts=evidence_facts),
        created_at=now,
    )  # fmt: skip
    return rows.insert(session, row)


def seal_content(
    ctx: Context,
    session: Session,
    case: Case,
    proposal: Proposal,
    judged: Judged,
    now: datetime,
    *,
    evidence_facts: Sequence[Mapping[str, Any]] = (),
    edited_from: Mapping[str, Any] | None = None,
    edited_by: str | None = None,
) -> str:
    """What a reviewer sees, sealed: the proposal, what supports each argument, cited facts, what an edit replaced."""
    content = proposal.model_dump(mode="json", exclude={"action"}) | {
        "action": {"tool": proposal.action.tool, "args": proposal.action.args()},
        "support": [value.model_dump(mode="json") for value in judged.support.values()],
        "evidence_facts": list(evidence_facts),
        "edited_from": edited_from,
        "edited_by": edited_by,
    }
    return ctx.vault.seal(session, case.tenant, case.data_subject, "proposal", content, now)


def open_content(ctx: Context, session: Session, row: ProposalRow) -> tuple[Proposal, dict[str, Any]]:
    """The proposal with its present arguments, and the whole content. Raises PayloadErased."""
    content: dict[str, Any] = ctx.vault.open(session, row.tenant, row.content_payload)
    action = parse_action(content["action"]["tool"], content["action"]["args"])
    known = {name: value for name, value in content.items() if name in Proposal.model_fields and name != "action"}
    return Proposal.model_validate(known | {"action": action}), content


def file_decision(
    ctx: Context,
    session: Session,
    case: Case,
    row: ProposalRow,
    judged: Judged,
    now: datetime,
    *,
    stage: str,
    review: Review | None = None,
    routed: bool = True,
    because: str | None = None,
) -> Decision:
    """Stores and logs a decision, and has what it calls for follow: an execution, a review (or `review` asks anew).

    Not `routed` where the caller ends the proposal itself. `because` says why it was decided again.
    """
    decided = judged.decision
    record = Decision(
        id=new_id("dec", now), tenant=case.tenant, proposal_id=row.id, args_digest=judged.question.args_digest,
        effect=decided.effect, observed=decided.observe, rules=list(decided.rules), reasons=list(decided.reasons),
        requirements=[item.model_dump(mode="json") for item in decided.requirements], risk_score=decided.risk.score,
        risk_factors=[item.model_dump(mode="json") for item in decided.risk.factors],
        request=judged.request.model_dump(mode="json") if judged.request else {},
        doubt=judged.question.doubt.model_dump(mode="json"), mode=decided.mode,
        ruleset_digest=decided.ruleset_digest, amount_minor=decided.amount_minor, stage=stage, at=now,
    )  # fmt: skip
    rows.insert(session, record)
    followed = route.Followed()
    if review is not None:
        route.ask(review, record, now, manager=judged.manager)
        session.add(review)
        followed = route.Followed(review_id=review.id)
    elif routed:
        followed = route.follow(ctx, session, case, row, record, now, manager=judged.manager)
    log(
        ctx, session, route.decider(case.tenant), "decision.made",
        refs={
            "case": case.id, "proposal": row.id, "decision": record.id, "review": followed.review_id,
            "execution": followed.execution_id,
        },
        digests={"args": record.args_digest, "ruleset": record.ruleset_digest},
        details={
            "tool": row.tool, "effect": record.effect, "rules": list(record.rules)[:40], "risk": record.risk_score,
            "mode": record.mode, "stage": stage, "observed": record.observed, "because": because,
        },
        payloads=[row.content_payload] if routed else [],
    )  # fmt: skip
    return record


def latest(session: Session, proposal_id: str) -> Decision:
    """The decision that counts: the newest of the proposal."""
    query = select(Decision).where(col(Decision.proposal_id) == proposal_id)
    return session.exec(query.order_by(col(Decision.at).desc(), col(Decision.id).desc())).first() or _missing(
        proposal_id
    )


def as_policy(row: Decision) -> list[policy.Requirement]:
    return [policy.Requirement.model_validate(item) for item in row.requirements]


def results_of(session: Session, case_id: str) -> dict[str, Scalar]:
    """`<proposal>/result/<field>` → what that execution's read-back gave."""
    found: dict[str, Scalar] = {}
    query = select(Execution).where(col(Execution.case_id) == case_id, col(Execution.status) == "succeeded")
    for execution in session.exec(query):
        for name, value in execution.result.items():
            if isinstance(value, str | int | bool):
                found[f"{execution.proposal_id}/result/{name}"] = value
    return found


def _missing(proposal_id: str) -> Decision:
    raise LookupError(f"proposal {proposal_id} has no decision")
