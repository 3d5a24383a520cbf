"""Journal: the model calls of a case on record, each before anything is done with it, and what they have used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

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


_SUMMARY = "summary"


@dataclass(frozen=True)
class Account:
    """On what the calls are counted and under whose key they are sealed. `case_id` is None for what concerns no case:
    a firm's summaries of one day are counted, and replayed, together."""

    tenant: str
    ident: str
    subject: str
    case_id: str | None
    begun_at: datetime

    @property
    def step(self) -> str:
        """What the log names as the asking part."""
        return "triage" if self.case_id else _SUMMARY

    @classmethod
    def of_case(cls, case: Case, event: Event) -> Self:
        return cls(case.tenant, case.id, case.data_subject, case.id, event.received_at)

    @classmethod
    def of_summaries(cls, tenant: str, now: datetime) -> Self:
        return cls(tenant, f"{_SUMMARY}:{now:%Y-%m-%d}", _SUMMARY, None, now)


class DatabaseJournal:
    """agents.journal.Journal over `model_call`: what was paid for on this account is replayed, not bought again."""

    def __init__(self, ctx: Context, account: Account) -> None:
        self._ctx, self._account = ctx, account

    def recorded(self, request_digest: str) -> ModelResponse | None:
        with read_only(self._ctx.engine) as session:
            row = session.exec(
                select(ModelCall).where(
                    col(ModelCall.tenant) == self._account.tenant,
                    col(ModelCall.case_id) == self._account.ident,
                    col(ModelCall.request_digest) == request_digest,
                )
            ).first()
            if row is None:
                return None
            return ModelResponse.model_validate(self._ctx.vault.open(session, row.tenant, row.response_payload))

    def record(self, request_digest: str, response: ModelResponse) -> None:
        now, account = self._ctx.clock(), self._account
        with unit_of_work(self._ctx.engine) as session:
            payload = self._ctx.vault.seal(
                session, account.tenant, account.subject, "model_response", response.model_dump(mode="json"), now
            )
            call = ModelCall(
                id=new_id("mdl", now), tenant=account.tenant, case_id=account.ident, request_digest=request_digest,
                model=response.model, prompt_tokens=response.input_tokens,
                completion_tokens=response.output_tokens, cost_micros=response.cost_micros or 0,
                latency_ms=response.latency_ms, prompt=response.prompt, response_payload=payload, at=now,
            )  # fmt: skip
            session.add(call)
            session.flush()
            log(
                self._ctx, session, system_actor(account.tenant, account.step), "model.called",
                refs={"case": account.case_id, "model_call": call.id}, digests={"request": request_digest},
                details={
                    "tokens_in": response.input_tokens, "tokens_out": response.output_tokens,
                    "cost_micros": response.cost_micros, "latency_ms": response.latency_ms,
                    "model": response.model, "prompt": response.prompt, "failed": response.failure is not None,
                },
                payloads=[payload],
            )  # fmt: skip
        fault_point("triage.model_called")

    def spent(self) -> Spent:
        now = self._ctx.clock()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with read_only(self._ctx.engine) as session:
            connection = session.connection()
            of_case = connection.execute(
                _SPENT_ON_CASE, {"of": self._account.tenant, "case": self._account.ident}
            ).one()
            of_day = connection.execute(_SPENT_ON_DAY, {"of": self._account.tenant, "since": midnight}).one()
        return Spent(
            case_calls=int(of_case[0]), case_tokens=int(of_case[1]), case_cost_micros=int(of_case[2]),
            case_latency_ms=int(of_case[3]), day_tokens=int(of_day[1]), day_cost_micros=int(of_day[2]),
            case_age_s=max(0, round((now - self._account.begun_at).total_seconds())),
        )  # fmt: skip
