"""What backs each argument: a trusted record, a person who typed it, only a customer's word, or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from policies.context import RequestContext
from policies.quoting import quoted, unbacked
from policies.sources import Sources
from policies.targets import created_kind, named_records, with_results
from tools.actions import Action, CancelRecord, CreateOnboardingTasks, Ref
from tools.facts import Scalar, Trust
from tools.proposals import ProposedValue
from tools.reach import Reach
from tools.records import Person, Record
from tools.registry import TOOLS
from tools.supports import Bounded, EventField, Existing, FieldOf, InReach, Prose, ReachedField, Support
from tools.values import RecordKind

Backing = Literal["record", "person", "unsupported", "untrusted", "text", "reference"]

_RANK: dict[Backing, int] = {"record": 0, "person": 1, "reference": 2, "text": 3, "untrusted": 4, "unsupported": 5}


@dataclass(frozen=True)
class Backed:
    """How one value is backed, and by which field of which record."""

    backing: Backing
    record: str | None = None
    field: str | None = None


_UNSUPPORTED = Backed("unsupported")


Argument = tuple[str, Scalar, Backed]
"""Its path (`tasks/0/assignee_id` in a list), its JSON value and what backs it."""


def support_of(
    action: Action, reached: Reach, context: RequestContext, backed: Sequence[Argument] | None = None
) -> dict[str, ProposedValue]:
    """Each argument with its value and what backs it, for reviewers to see. `backed`: what `back` said of it before."""
    shown: dict[str, ProposedValue] = {}
    for argument, value, found in back(action, reached, context) if backed is None else backed:
        shown[argument] = ProposedValue(
            argument=argument, value=value, support=found.backing, record=found.record, field=found.field
        )
    return shown


def back(action: Action, reached: Reach, context: RequestContext, sources: Sources | None = None) -> list[Argument]:
    """Every argument with its JSON value and its backing. `sources`: the case's, where they were worked out before.

    Raises KeyError for a tool that is not registered.
    """
    weighing = _Weighing(action, reached, context, sources or Sources(reached, context))
    found: list[Argument] = []
    for path, argument, value in _values(action):
        backed = weighing.of(argument, value)
        typed = context.editor is not None and argument in context.edited
        if typed and backed.backing in ("unsupported", "untrusted"):
            backed = Backed("person")
        found.append((path, value.target if isinstance(value, Ref) else value, backed))
    return found


def _values(action: Action) -> Iterator[tuple[str, str, Scalar | Ref]]:
    """Path, argument and JSON value of each single value; of onboarding tasks the part that must be backed."""
    wire = action.args()
    refs = action.refs()
    for argument, value in wire.items():
        if argument in refs:
            yield argument, argument, refs[argument]
        elif isinstance(action, CreateOnboardingTasks) and argument == "tasks":
            for index, task in enumerate(action.tasks):
                yield f"tasks/{index}/assignee_id", argument, task.assignee_id
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield f"{argument}/{index}", argument, item
        else:
            yield argument, argument, cast(Scalar, value)


class _Weighing:
    """One action being weighed."""

    def __init__(self, action: Action, reached: Reach, context: RequestContext, sources: Sources) -> None:
        self._action = with_results(action, context.results)
        self._wire = self._action.args()
        self._reached = reached
        self._context = context
        self._spec = TOOLS[action.tool]
        self._sources = sources

    def of(self, argument: str, value: Scalar | Ref) -> Backed:
        if isinstance(self._action, CancelRecord) and argument == "ids":
            key = f"{self._action.kind}/{value}"
            return Backed("record", key, "id") if key in self._context.created else _UNSUPPORTED
        best = _UNSUPPORTED
        for support in self._spec.supports[argument]:
            found = self._reference(value, support) if isinstance(value, Ref) else self._by(value, support)
            if _RANK[found.backing] < _RANK[best.backing]:
                best = found
        if best.backing == "text" and isinstance(value, str):
            if self._quotes_customer(value):
                return Backed("untrusted", "event")
            if self._sends_somewhere(value):
                return Backed("untrusted")
        said = (
            best.backing == "unsupported" and not isinstance(value, Ref) and self._sources.said.states(argument, value)
        )
        return Backed("untrusted", "event") if said else best

    def _by(self, value: Scalar, support: Support) -> Backed:
        match support:
            case Prose() | Bounded():
                return Backed("text")
            case InReach(kind=kind):
                return self._in_reach(kind, value)
            case Existing(kind=kind):
                return self._existing(kind, value)
            case FieldOf():
                return self._field_of(value, support)
            case ReachedField():
                return self._reached_field(value, support)
            case EventField(field=field):
                given = self._context.event_fields.get(field)
                return self._said(given.trust, "event", field) if given and _same(given.value, value) else _UNSUPPORTED

    def _in_reach(self, kind: RecordKind, value: Scalar) -> Backed:
        key = f"{kind}/{value}"
        if key in self._context.created:
            return Backed("record", key, "id")
        if key not in self._reached.records:
            return _UNSUPPORTED
        return Backed("record" if key in self._sources.trusted else "untrusted", key, "id")

    def _existing(self, kind: RecordKind, value: Scalar) -> Backed:
        record = self._record(kind, value)
        if record is None or (isinstance(record, Person) and record.ends_on and record.ends_on < self._today):
            return _UNSUPPORTED
        return self._said(record.trust("id", self._context.trust), str(record.key), "id")

    def _field_of(self, value: Scalar, support: FieldOf) -> Backed:
        field = support.field.format(**{name: text for name, text in self._wire.items() if isinstance(text, str)})
        owner = getattr(self._action, support.argument)
        if isinstance(owner, Ref):
            return self._earlier_argument(owner, support.kind, field, value)
        record = self._reached.get(support.kind, owner)
        if record is None and f"{support.kind}/{owner}" in self._context.created:
            record = self._record(support.kind, owner)
        return self._field(record, field, value)

    def _reached_field(self, value: Scalar, support: ReachedField) -> Backed:
        wanted = set(self._match_values(support.match))
        best = _UNSUPPORTED
        for record in self._reached.of_kind(support.kind):
            own = record.id if support.match == f"{support.kind}_id" else getattr(record, support.match, None)
            if own not in wanted:
                continue
            found = self._field(record, support.field, value)
            if _RANK[found.backing] < _RANK[best.backing]:
                best = found
        return best

    def _match_values(self, match: str) -> Iterable[object]:
        """The action's own argument of that name, else that field of the records which the action names in reach."""
        if match in type(self._action).model_fields:
            return [getattr(self._action, match)]
        named = (self._reached.records.get(str(key)) for key in named_records(self._action))
        return [getattr(record, match, None) for record in named if record is not None]

    def _field(self, record: Record | None, field: str, value: Scalar) -> Backed:
        if record is None:
            return _UNSUPPORTED
        try:
            held = record.value(field)
        except KeyError:
            return _UNSUPPORTED
        if held is None or not _same(held, value):
            return _UNSUPPORTED
        if str(record.key) not in self._sources.trusted and str(record.key) not in self._context.created:
            return Backed("untrusted", str(record.key), field)
        return self._said(record.trust(field, self._context.trust), str(record.key), field)

    def _reference(self, ref: Ref, support: Support) -> Backed:
        """A reference stands for a record in reach if an earlier proposal of the case creates one of that kind."""
        earlier = self._context.earlier.get(ref.proposal)
        if earlier is None or not isinstance(support, InReach) or created_kind(earlier, ref.field) != support.kind:
            return _UNSUPPORTED
        return Backed("reference", ref.target.split("/")[0], ref.field)

    def _earlier_argument(self, ref: Ref, kind: RecordKind, field: str, value: Scalar) -> Backed:
        """The field of a record yet to be created is the argument that will create it, backed as that argument is."""
        earlier = self._context.earlier.get(ref.proposal)
        if earlier is None or created_kind(earlier, ref.field) != kind or earlier.refs():
            return _UNSUPPORTED
        held = earlier.args().get(field)
        if isinstance(held, list | dict) or held is None or not _same(held, value):
            return _UNSUPPORTED
        return _Weighing(earlier, self._reached, self._context, self._sources).of(field, held)

    def _quotes_customer(self, value: str) -> bool:
        theirs = self._sources.outsiders
        return bool(theirs) and quoted(value, theirs, self._sources.own()) is not None

    def _sends_somewhere(self, value: str) -> bool:
        return unbacked(value, self._sources.own()) is not None

    def _said(self, trust: Trust, record: str, field: str) -> Backed:
        if not trust.trusted:
            return Backed("untrusted", record, field)
        return Backed("person" if trust is Trust.PERSON else "record", record, field)

    def _record(self, kind: RecordKind, ident: object) -> Record | None:
        found = self._reached.get(kind, ident)
        if found is None and self._context.named is not None:
            found = self._context.named.get(kind, ident)
        return found

    @property
    def _today(self) -> date:
        return self._context.now.date()


def _same(held: Scalar, value: Scalar) -> bool:
    return type(held) is type(value) and held == value
