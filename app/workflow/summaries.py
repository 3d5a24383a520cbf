"""Summaries: the view, with the customers' names as the firm's records have them, worded by templates or a model."""

import logging
from typing import Any

from agents.summaries import SummaryWording
from app.actor import Actor
from app.context import Context
from app.endpoint import endpoint_of
from app.views.exceptions import exceptions
from app.views.pages import invalid_query
from app.workflow.journal import Account, DatabaseJournal
from tools.lookups import Lookups
from tools.ports import SourceUnavailable

_log = logging.getLogger(__name__)


def exception_summary(
    ctx: Context, actor: Actor, *, since: str | None = None, zone: str | None = None, by_model: bool = False
) -> dict[str, Any]:
    """See app.views.exceptions. Raises Problem `not_permitted`, `invalid_query` (also where no model is set up)."""
    wording = _model_wording(ctx, actor.tenant) if by_model else None
    return exceptions(ctx, actor, since=since, zone=zone, names=_names(ctx, actor.tenant), wording=wording)


def _names(ctx: Context, tenant: str) -> dict[str, str]:
    """Customer id → name; none while the firm's systems do not answer, and ids stand in their place."""
    try:
        return {one.id: one.name for one in Lookups(ctx.connectors.reader(tenant)).customers()}
    except SourceUnavailable as error:
        _log.warning("a summary goes without names: %s", error)
        return {}


def _model_wording(ctx: Context, tenant: str) -> SummaryWording:
    if ctx.settings.model is None:
        raise invalid_query("/wording", "needs a model, and COUNTERSIGN_MODEL names none")
    # Not needed where templates do.
    from agents.reasoners.openai.summaries import ModelWording

    return ModelWording(
        *endpoint_of(ctx.settings), lambda: DatabaseJournal(ctx, Account.of_summaries(tenant, ctx.clock()))
    )
