"""Labels: records by their names, arguments and whole actions in words. Read once a page."""

from collections.abc import Mapping
from typing import Any

from app.context import Context
from app.views.earlier import Made, made
from app.views.sentences import KIND_OF_ARGUMENT, SENTENCES, TERMS
from app.views.words import called, day, language, money, short, spoken
from tools import wording
from tools.ports import ReadPort, SourceUnavailable
from tools.records import RECORDS, Record
from tools.registry import TOOLS

_COUNTED: Mapping[str, str] = {"create_onboarding_tasks": "onboarding task"}


class Labels:
    """Names of records. What cannot be read is called by its id."""

    def __init__(self, ctx: Context, tenant: str) -> None:
        self._ctx, self._tenant = ctx, tenant
        self._known: dict[str, Record | None] = {}
        self._made: dict[str, Made] = {}
        self._read: ReadPort | None
        try:
            self._read = ctx.connectors.reader(tenant)
        except SourceUnavailable:
            self._read = None

    def name(self, kind: str, ident: str) -> str:
        """`Brightwater Energy (cus-02)`, or the id alone."""
        found = self.called(kind, ident)
        return ident if found == ident else f"{found} ({ident})"

    def called(self, kind: str, ident: str) -> str:
        """`Brightwater Energy`, or the id. Names may be alike: where somebody decides, ids stand beside them."""
        record = self._record(kind, ident)
        name = next((found for field in ("name", "title", "number") if (found := getattr(record, field, None))), None)
        return name if isinstance(name, str) else ident

    def value(self, argument: str, value: Any, currency: str | None = None) -> str:
        """One argument in words: records by name and id, minor units as amounts, references as what they wait for."""
        if isinstance(value, dict) and "$ref" in value:
            return self._referred(str(value["$ref"])).in_full
        if isinstance(value, str) and argument in KIND_OF_ARGUMENT:
            return self.name(KIND_OF_ARGUMENT[argument], value)
        if argument == "about" and isinstance(value, str) and value.partition("/")[0] in RECORDS:
            return self.name(*value.split("/", 1))
        if argument == "language":
            return language(str(value))
        if argument == "payment_days":
            return f"{value} days"
        if isinstance(value, int) and not isinstance(value, bool) and argument.endswith("_minor"):
            return money(value, currency)
        if isinstance(value, int) and argument.endswith("minutes"):
            return wording.hours(value)
        if argument == "percent":
            return f"{value} %"
        if argument.endswith("_on"):
            return day(value)
        if isinstance(value, list):
            return "\n".join(self._item(each) for each in value)
        return str(value)

    def values(self, tool: str, args: Mapping[str, Any]) -> dict[str, str]:
        """Every argument in full, as `value` says it; some mean more together than each alone."""
        found = {name: self.value(name, value, args.get("currency")) for name, value in args.items()}
        if tool == "sync_contract_terms":
            found |= {"term": _term(args), "system": spoken(str(args.get("system"))), "value": self._term_value(args)}
        if tool == "create_onboarding_tasks" and isinstance(args.get("about"), str):
            found["about"] = self.name(str(args.get("about_kind")), args["about"])
        return found

    def words(self, tool: str, args: Mapping[str, Any]) -> dict[str, str]:
        """What stands in the tool's sentence: the arguments, records by their names alone."""
        found = {name: short(value) for name, value in self.values(tool, args).items()}
        for name, value in args.items():
            if isinstance(value, dict) and "$ref" in value:
                found[name] = self._referred(str(value["$ref"])).name
            elif name in KIND_OF_ARGUMENT and isinstance(value, str):
                found[name] = self.called(KIND_OF_ARGUMENT[name], value)
        if tool == "create_onboarding_tasks" and isinstance(args.get("about"), str):
            found["about"] = self.called(str(args.get("about_kind")), args["about"])
        several = args.get("tasks") or args.get("ids") or ()
        one = _COUNTED.get(tool) or spoken(str(args.get("kind", "record")))
        found["count"] = f"{len(several)} {one}" + ("" if len(several) == 1 else "s")
        return found

    def field(self, kind: str, ident: str, field: str, value: Any) -> str:
        """A field of a record with its value: `amount EUR 16,307.01`; amounts in the record's own currency."""
        word = isinstance(value, str) and value.isidentifier() and value.islower()
        return f"{called(field)} {spoken(value) if word else self.value(field, value, self._currency(kind, ident))}"

    def sentence(self, tool: str, args: Mapping[str, Any] | None) -> str:
        """What will happen, in one sentence."""
        return self.worded(tool, self.words(tool, args) if args is not None else None)

    def worded(self, tool: str, words: Mapping[str, str] | None) -> str:
        """The sentence of words that are there already."""
        if words is None:
            return f"{TOOLS[tool].title} (the content was erased)" if tool in TOOLS else tool
        try:
            return SENTENCES[tool].format_map(words)
        except KeyError:
            return TOOLS[tool].title if tool in TOOLS else tool

    def _currency(self, kind: str, ident: str) -> str | None:
        found = getattr(self._record(kind, ident), "currency", None)
        return found if isinstance(found, str) else None

    def _record(self, kind: str, ident: str) -> Record | None:
        key = f"{kind}/{ident}"
        if key not in self._known:
            self._known[key] = self._look_up(kind, ident)
        return self._known[key]

    def _look_up(self, kind: str, ident: str) -> Record | None:
        model = next((model for name, model in RECORDS.items() if name == kind), None)
        if self._read is None or model is None:
            return None
        try:
            return self._read.get(model, ident)
        except SourceUnavailable:
            self._read = None
            return None

    def _referred(self, target: str) -> Made:
        """What an earlier action of the case made, or will make."""
        if target not in self._made:
            self._made[target] = made(self._ctx, self._tenant, target, self.called)
        return self._made[target]

    def _item(self, value: Any) -> str:
        """One of several: a task with whose it is and when, or a plain value."""
        if not isinstance(value, dict):
            return str(value)
        said = [
            self.value(name, each) if name == "title" else f"{called(name)}: {self.value(name, each)}"
            for name, each in value.items()
        ]
        return " · ".join(said)

    def _term_value(self, args: Mapping[str, Any]) -> str:
        """The new value of a contract's term; amounts in the contract's own currency."""
        term, value = str(args.get("term")), args.get("value")
        if term.endswith("_minor"):
            contract = self._record("contract", str(args.get("contract_id")))
            return money(value, getattr(contract, "currency", None))
        if term == "payment_days":
            return f"{value} days"
        if term == "billing_contact_id":
            return self.name("contact", str(value))
        return day(value) if term.endswith("_on") else spoken(str(value))


def _term(args: Mapping[str, Any]) -> str:
    term = str(args.get("term"))
    return TERMS.get(term, called(term))
