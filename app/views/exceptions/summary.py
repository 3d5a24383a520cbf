"""The summary: the sections in the order of its reader, worded, each statement with what it rests on."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from agents.summaries import Section, Statement, SummaryWording, TemplateWording, Worded
from app.actor import Actor
from app.ground import Ground
from app.store.engine import read_only
from app.tenancy import read
from app.views.exceptions.changed import changed
from app.views.exceptions.refused import refused
from app.views.exceptions.scope import Scope, since_of, zone_of
from app.views.exceptions.stakes import stakes
from app.views.exceptions.trouble import trouble
from app.views.exceptions.waiting import waiting
from app.views.sight import require_any_role, stamp

SECTIONS: tuple[Section, ...] = get_args(Section)
TITLES: Mapping[Section, str] = {
    "waiting": "What waits", "trouble": "What failed or is not known", "refused": "What was refused",
    "money": "Which money is at stake", "changed": "What changed",
}  # fmt: skip
_MAKING: Mapping[Section, Callable[[Scope], Iterator[Statement]]] = {
    "waiting": waiting, "trouble": trouble, "refused": refused, "money": stakes, "changed": changed,
}  # fmt: skip
_MONEY_FIRST = frozenset({"cfo", "finance"})


def exceptions(
    ground: Ground, actor: Actor, *, since: str | None = None, zone: str | None = None,
    names: Mapping[str, str] | None = None, wording: SummaryWording | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the actor may see, since that moment; `names` are customers' names by id, `wording` words it all.

    Raises Problem `not_permitted`, `invalid_query`.
    """
    require_any_role(actor)
    now = ground.clock()
    with read_only(ground.engine) as session:
        settings = read(session, actor.tenant)
        reads_in = zone_of(zone, settings)
        begins = since_of(since, settings, reads_in, now)
        scope = Scope(ground, session, actor, settings, begins, now, reads_in, names or {})
        statements = [one for section in ordered(actor) for one in _MAKING[section](scope)]
    # What words it may take its time: no transaction is open meanwhile.
    worded = (wording or TemplateWording()).word(statements)
    return {
        "since": stamp(begins), "until": stamp(now), "time_zone": str(reads_in), "currency": settings.base_currency,
        "headline": headline(statements), "worded_by": worded.stamp, "replaced": worded.replaced,
        "sections": [_section(section, statements, worded) for section in ordered(actor)],
    }  # fmt: skip


def ordered(actor: Actor) -> tuple[Section, ...]:
    """Who answers for money reads of it first."""
    if actor.roles() & _MONEY_FIRST:
        return ("money", *(section for section in SECTIONS if section != "money"))
    return SECTIONS


def headline(statements: list[Statement]) -> str:
    """One sentence: how many things are exceptions, by section; that all is quiet where there are none."""
    counted = {"waiting": "wait or ran out", "trouble": "failed or are not known", "refused": "were refused"}
    found = []
    for section, words in counted.items():
        if count := sum(one.count for one in statements if one.section == section and one.exceptional):
            found.append(f"{count} {words}")
    return f"{', '.join(found)}." if found else "Nothing out of the ordinary."


def _section(section: Section, statements: list[Statement], worded: Worded) -> dict[str, Any]:
    mine = [one for one in statements if one.section == section]
    idents = {one.id for one in mine}
    return {
        "name": section, "title": TITLES[section],
        "paragraphs": [
            {"text": one.text, "statements": list(one.statements)}
            for one in worded.paragraphs if one.statements[0] in idents
        ],
        "statements": [
            {
                "id": one.id, "text": one.says, "count": one.count, "amount_minor": one.amount_minor,
                "refs": [{"kind": ref.kind, "id": ref.id} for ref in one.refs],
            }
            for one in mine
        ],
    }  # fmt: skip
