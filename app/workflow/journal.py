"""Journal: the model calls of a case on record, each before anything is done with it, and what they have used."""

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import col, select

from agents.journal import ModelResponse, Spent
from app.actor import system_actor
from app.context import Context
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Event, ModelCall
from app.workflow.faults import fault_point
from app.workflow.record import log

_SPENT = sa.select(
    sa.func.count(), *(
        sa.func.coalesce(sa.func.sum(what), 0)
        for what in (
            col(ModelCall.prompt_tokens) + col(ModelCall.completion_tokens), col(ModelCall.cost_micros),
            col(ModelCall.latency_ms),
        )
    )
).where(col(ModelCall.tenant) == bindparam("of"))  # fmt: skip
_SPENT_ON_CASE = _SPENT.where(col(ModelCall.case_id) == bindparam("case"))
_SPENT_ON_DAY = _SPENT.where(col(ModelCall.at) >= bindparam("since"))


class DatabaseJournal:
    """agents.journal.Journal over `model_call`: what a run of this case paid for is replayed by the next."""

    def __init__(self, ctx: Context, case: Case, event: Event) -> None:
        self._ctx, self._case, self._event = ctx, case, event

    def recorded(self, request_digest: str) -> ModelResponse | None:
        with read_only(self._ctx.engine) as session:
            row = session.exec(
                select(ModelCall).where(
                    col(ModelCall.tenant) == self._case.tenant,
                    col(ModelCall.case_id) == self._case.id,
                    col(ModelCall.request_digest) == request_digest,
                )
            ).first()
            if row is None:
                return None
            return ModelResponse.model_validate(self._ctx.vault.open(session, row.tenant, row.response_payload))

    def record(self, request_digest: str, response: ModelResponse) -> None:
        now = self._ctx.clock()
        case = self._case
        with unit_of_work(self._ctx.engine) as session:
            payload = self._ctx.vault.seal(
                session, case.tenant, case.data_subject, "model_response", response.model_dump(mode="json"), now
            )
            call = ModelCall(
                id=new_id("mdl", now), tenant=case.tenant, case_id=case.id, request_digest=request_digest,
                model=response.model, prompt_tokens=response.input_tokens,
                completion_tokens=response.output_tokens, cost_micros=response.cost_micros or 0,
                latency_ms=response.latency_ms, prompt=response.prompt, response_payload=payload, at=now,
            )  # fmt: skip
            session.add(call)
            session.flush()
            log(
                self._ctx, session, system_actor(case.tenant, "triage"), "model.called",
                refs={"case": case.id, "model_call": call.id}, digests={"request": request_digest},
                details={
                    "tokens_in": response.input_tokens, "tokens_out": response.output_tokens,
                    "cost_micros": response.cost_micros, "latency_ms": response.latency_ms,
                    "model": response.model, "prompt": response.prompt, "failed": response.failure is not None,
                },
                payloads=[payload],
            )  # fmt: skip
        fault_point("triage.model_called")

    def spent(self) -> Spent:
        now, case = self._ctx.clock(), self._case
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with read_only(self._ctx.engine) as session:
            connection = session.connection()
            of_case = connection.execute(_SPENT_ON_CASE, {"of": case.tenant, "case": case.id}).one()
            of_day = connection.execute(_SPENT_ON_DAY, {"of": case.tenant, "since": midnight}).one()
        return Spent(
            case_calls=int(of_case[0]), case_tokens=int(of_case[1]), case_cost_micros=int(of_case[2]),
            case_latency_ms=int(of_case[3]), day_tokens=int(of_day[1]), day_cost_micros=int(of_day[2]),
            case_age_s=max(0, round((now - self._event.received_at).total_seconds())),
        )  # fmt: skip
