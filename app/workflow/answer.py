"""Answer: what the assistant says to a reviewer's question, and the proposal as it would make it now.

The graph runs again over the same event with the question beside its text. What comes of it takes the place of the
arguments under review as an edit does: judged anew, asked anew; and who asked counts as its editor, since they had a
hand in it. The words of the question are trusted no more than the text that they stand with.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from agents.reasoners.base import ModelBusy
from app.actor import system_actor
from app.audit.vault import PayloadErased
from app.context import Context
from app.durable.port import TryLater, WorkItem
from app.errors import Problem
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Event, Review, TriageRun, Verdict
from app.workflow import cases, decide, history
from app.workflow.dossier import Dossier, dossier
from app.workflow.hearing import Hearing, Judged, Question
from app.workflow.journal import Account, DatabaseJournal
from app.workflow.material import Material, event_facts, read_material, related_of
from app.workflow.record import log
from tools.events import WorkflowEvent
from tools.lookups import Lookups
from tools.proposals import Outcome, Proposal

ANSWER_WORK: Final = "answer"
_LONGEST: Final = 10_000
_MOST_FACTS: Final = 8


@dataclass(frozen=True)
class _Asked:
    """A question with what it is about, as it stood when the answer was begun."""

    verdict: Verdict
    review: Review
    event_row: Event
    found: Dossier
    comment: str


def ask(ctx: Context, session: Session, case: Case, verdict: Verdict) -> None:
    """Has the question answered, once this transaction is committed."""
    partition = f"{case.tenant}/{case.customer_id}" if case.customer_id else case.tenant
    ctx.queue.put(session, WorkItem(kind=ANSWER_WORK, row=verdict.id, partition=partition))


def unanswered(session: Session, since: datetime, until: datetime, limit: int) -> list[WorkItem]:
    """Questions of that time whose work may have been lost."""
    query = (
        select(Verdict)
        .join(Review, col(Review.id) == col(Verdict.review_id))
        .where(
            col(Review.status) == "pending", col(Verdict.verdict) == "respond", col(Verdict.answered_at).is_(None),
            col(Verdict.at) >= since, col(Verdict.at) <= until,
        )
    )  # fmt: skip
    return [
        WorkItem(kind=ANSWER_WORK, row=verdict.id, partition=verdict.tenant)
        for verdict in session.exec(query.limit(limit))
    ]


def handle(ctx: Context, item: WorkItem) -> None:
    """Answers one question. Raises TryLater while the model is busy, and whatever the graph or a lookup raised."""
    asked = _read(ctx, item.row)
    if asked is None:
        return
    now = ctx.clock()
    event = _with_question(asked.found.trigger.event, asked.comment)
    read = ctx.connectors.reader(asked.review.tenant)
    try:
        outcome = ctx.triage.run(
            event, tenant=asked.review.tenant, now=now, lookups=Lookups(read),
            journal=DatabaseJournal(ctx, Account.of_case(asked.found.case, asked.event_row)),
            trust=asked.found.trigger.trust, new_proposal_id=lambda: new_id("prp", now),
            learned=lambda: ctx.experience.of(asked.review.tenant),
        )  # fmt: skip
    except ModelBusy as busy:
        raise TryLater(busy.after) from busy
    proposal = _same(asked, outcome)
    actions = [proposal.action if proposal else asked.found.action]
    material = read_material(
        read, event.subject, related_of(event.type, event.data), actions, now,
        cited=[*asked.found.proposal.evidence, *(proposal.evidence if proposal else ())],
    )  # fmt: skip
    _answer(ctx, asked, outcome, proposal, material, now)


def give_up(ctx: Context, item: WorkItem, error: Exception) -> None:
    """After the last attempt: the question is answered by saying that it could not be."""
    asked = _read(ctx, item.row)
    if asked is not None:
        with unit_of_work(ctx.engine) as session:
            case = cases.lock(session, asked.review.tenant, asked.review.case_id)
            said = {
                "answer": f"This could not be looked at again ({type(error).__name__}); the proposal stays as it is."
            }
            _record(ctx, session, case, asked, said, ctx.clock())


def _read(ctx: Context, verdict_id: str) -> _Asked | None:
    """None where there is nothing to answer: done already, not a question, or its words are gone."""
    with read_only(ctx.engine) as session:
        verdict = session.get(Verdict, verdict_id)
        if verdict is None or verdict.verdict != "respond" or verdict.answered_at or not verdict.comment_payload:
            return None
        review = session.get_one(Review, verdict.review_id)
        try:
            found = dossier(ctx, session, review.tenant, review.proposal_id)
            comment = str(ctx.vault.open(session, review.tenant, verdict.comment_payload)["comment"])
        except (Problem, PayloadErased):
            return None
        run = session.get(TriageRun, found.row.run_id) if found.row.run_id else None
        if run is None:
            return None  # an undo: nobody's plan, but what a person asked for
        event = session.get_one(Event, run.event_id)
        session.expunge_all()
        return _Asked(verdict, review, event, found, comment)


def _with_question(event: WorkflowEvent, comment: str) -> WorkflowEvent:
    """The event with the question after its text; one without a text is looked at again as it is."""
    text = event.data.get("text")
    if not isinstance(text, str):
        return event
    question = comment.strip()[: _LONGEST // 2]
    whole = f"{text[: _LONGEST - len(question) - 2]}\n\n{question}"
    return event.model_copy(update={"data": event.data | {"text": whole}})


def _same(asked: _Asked, outcome: Outcome) -> Proposal | None:
    """The proposal that takes the reviewed one's place: of its tool, about the same thing, or the only one of it."""
    alike = [each for each in outcome.proposals if each.action.tool == asked.review.tool]
    exact = [each for each in alike if history.target_of(each.action) == asked.found.row.target]
    chosen = exact or (alike if len(alike) == 1 else [])
    known = set(asked.found.earlier)
    fitting = [each for each in chosen if {ref.proposal for ref in each.action.refs().values()} <= known]
    return fitting[0] if fitting else None


def _answer(
    ctx: Context, asked: _Asked, outcome: Outcome, proposal: Proposal | None, material: Material, now: datetime
) -> None:
    with unit_of_work(ctx.engine) as session:
        case = cases.lock(session, asked.review.tenant, asked.review.case_id)
        review = session.get_one(Review, asked.review.id)
        found = dossier(ctx, session, review.tenant, review.proposal_id)
        said: dict[str, Any]
        if review.status != "pending" or review.args_digest != asked.review.args_digest:
            said = {"answer": f"Before this was looked at again, the review was {_state(review)}."}
        elif proposal is None:
            because = outcome.nothing_because or "nothing of the kind comes of it"
            said = {"answer": f"Looked at again I would not propose this: {because}. It waits as it is."}
        elif proposal.action.digest() == review.args_digest:
            said = {"answer": f"Looked at again I would propose the same.\n{_grounds(found)}"}
        else:
            said = _revise(ctx, session, case, asked, found, proposal, outcome, material, now, review)
        _record(ctx, session, case, asked, said, now)
        cases.settle(session, case, now)


def _revise(
    ctx: Context, session: Session, case: Case, asked: _Asked, found: Dossier, proposal: Proposal, outcome: Outcome,
    material: Material, now: datetime, review: Review,
) -> dict[str, Any]:  # fmt: skip
    """Puts the new arguments in the place of the old, unless policy refuses them; answers what to say."""
    asker = asked.verdict.principal_id
    question = Question(
        found.row.id, proposal.action, decide.doubt_of(outcome.assessment, proposal), found.earlier, found.results,
        editor=asker, evidence=proposal.evidence,
    )  # fmt: skip
    judged = Hearing(ctx, session, case, found.trigger, material, now).judge(question)
    if judged.decision.effect != "review":
        reasons = " ".join(judged.decision.reasons)
        return {"answer": f"What I would propose instead, policy refuses: {reasons} The proposal stays as it is."}
    before = found.action.args()
    _replace(ctx, session, case, found, proposal.model_copy(update={"id": found.row.id}), judged, material, now)
    review.editor_ids = sorted({*review.editor_ids, asker})
    decide.file_decision(ctx, session, case, found.row, judged, now, stage="answer", review=review)
    return {"answer": f"I propose it otherwise now: {proposal.rationale}", "before": before,
            "after": proposal.action.args()}  # fmt: skip


def _replace(
    ctx: Context, session: Session, case: Case, found: Dossier, proposal: Proposal, judged: Judged, material: Material,
    now: datetime,
) -> None:  # fmt: skip
    event = found.trigger.event
    facts = material.facts(proposal.evidence, event_facts(event.data, found.trigger.trust, event.source, now))
    row = found.row
    row.args_digest, row.seen = proposal.action.digest(), judged.seen
    row.target = history.target_of(proposal.action)
    row.depends_on = sorted({ref.proposal for ref in proposal.action.refs().values()})
    # No edit by a person: nobody vouches for the new arguments but the records that support them.
    row.content_payload = decide.seal_content(
        ctx, session, case, proposal, judged, now, evidence_facts=[fact.model_dump(mode="json") for fact in facts]
    )
    session.add(row)


def _record(
    ctx: Context, session: Session, case: Case, asked: _Asked, said: dict[str, Any], now: datetime
) -> None:  # fmt: skip
    verdict = session.get_one(Verdict, asked.verdict.id)
    if verdict.answered_at is not None:
        raise _AnsweredMeanwhile
    payload = ctx.vault.seal(session, case.tenant, case.data_subject, "answer", said, now)
    verdict.answer_payload, verdict.answered_at = payload, now
    session.add(verdict)
    session.flush()
    log(
        ctx, session, system_actor(case.tenant, "triage"), "review.answered",
        refs={"case": case.id, "proposal": asked.review.proposal_id, "review": asked.review.id},
        details={"revised": "after" in said}, payloads=[payload],
    )  # fmt: skip


class _AnsweredMeanwhile(Exception):
    """Another worker was first; rolls back what this one was about to record. The next attempt finds nothing to do."""


def _grounds(found: Dossier) -> str:
    """Why, from what is on record: the rationale, the facts, what the rules said."""
    lines = [found.proposal.rationale]
    lines += [f"• {fact['id']} = {fact['value']}" for fact in found.content.get("evidence_facts", [])[:_MOST_FACTS]]
    lines += [f"• {reason}" for reason in found.decision.reasons]
    if found.proposal.ungrounded:
        lines.append("Found in no record: " + "; ".join(found.proposal.ungrounded))
    return "\n".join(lines)


def _state(review: Review) -> str:
    return "changed" if review.status == "pending" else review.status
