"""The firm of the scenes: few people, few customers, known by heart, so that what ought to happen can be worked out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.actor import Grant
from app.bootstrap import build
from app.identity.principals import add_principal, machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from evals.adversary.house import Template
from evals.apart import apart
from evals.scenes.scene import Records, SceneUnusable, read_yaml
from tools.actions import ACTIONS
from tools.records import RECORDS, Record

TENANT = "northgate"
FIRM = Path(__file__).parents[1] / "datasets" / "firm.yaml"

PEOPLE: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "lena": (("delivery_lead",), "per-lena"),
    "dora": (("delivery_lead",), "per-dora"),
    "ruth": (("resource_manager",), "per-ruth"),
    "finn": (("finance",), "per-finn"),
    "hal": (("head_of_delivery",), "per-hal"),
    "cora": (("cfo",), "per-cora"),
    "rhea": (("reviewer",), None),
    "carl": (("compliance",), None),
}
"""Who signs in: name → roles and person record."""

_AUTHORS = {
    "customer": "system/crm", "contact": "system/crm", "opportunity": "system/crm", "contract": "system/contracts",
    "ticket": "system/support", "person": "system/hr", "leave": "system/hr", "invoice": "system/erp",
    "period": "system/erp", "exchange_rate": "system/erp",
}  # fmt: skip
_START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class SetClock:
    """Says what it was set to; each look is a millisecond later."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        self.now = self.now.replace(microsecond=self.now.microsecond // 1000 * 1000) + _LOOK
        return self.now


_LOOK = datetime.resolution * 1000


def make_template(home: Path) -> Template:
    """A home with the firm's people and its one source, in mode `auto`; its records come with each scene."""
    service = build(apart(home), clock=SetClock(_START))
    try:
        ground, machine = service.context, machine_actor(TENANT)
        connectors = dict.fromkeys(ACTIONS, "sandbox") | {"records": "sandbox"}
        settings: dict[str, Any] = {"mode": "auto", "channels": ["delivery"]}
        add_tenant(
            ground, TENANT, "Northgate Consulting", connectors=connectors, settings=settings, time_zone="Europe/Berlin"
        )
        slug, secret = add_source(ground, machine, TENANT, verifier="standard-webhooks")
        assert slug == TENANT
        for name, (roles, record) in PEOPLE.items():
            grants = [Grant(role) for role in roles]
            add_principal(
                ground, machine, name=name, kind="person", roles=grants, email=f"{name}@northgate.example",
                record_id=record,
            )  # fmt: skip
    finally:
        service.close()
    return Template(home, {TENANT: secret})


def records(given: Records) -> list[Record]:
    """The firm's records with those of a scene in their place or beside them. Raises SceneUnusable."""
    firm = {(kind, raw["id"]): raw for kind, several in _firm().items() for raw in several}
    own = {(kind, raw["id"]): raw for kind, several in given.items() for raw in several}
    merged = {key: firm.get(key, {}) | raw for key, raw in (firm | own).items()}
    return [made(kind, raw) for (kind, _), raw in merged.items()]


def made(kind: str, raw: Mapping[str, Any]) -> Record:
    """Raises SceneUnusable naming record and field."""
    model = next((model for name, model in RECORDS.items() if name == kind), None)
    if model is None:
        raise SceneUnusable(f"there is no kind of record {kind}")
    whole = {"authors": {"*": _AUTHORS.get(kind, "system/psa")}, **raw}
    try:
        return model.model_validate_json(json.dumps(whole))
    except ValidationError as error:
        first = error.errors()[0]
        raise SceneUnusable(f"{kind} {raw.get('id')}, {'/'.join(map(str, first['loc']))}: {first['msg']}") from error


@lru_cache(maxsize=1)
def _firm() -> Records:
    found: Records = read_yaml(FIRM)
    return found


@dataclass(frozen=True)
class Snapshot:
    """What the firm's systems hold: key → fields as JSON, without versions and authors."""

    records: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, several: list[Record]) -> "Snapshot":
        left_out = {"version", "authors"}
        return cls({str(one.key): one.model_dump(mode="json", exclude=left_out, exclude_none=True) for one in several})

    def since(self, before: "Snapshot") -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
        """Fields that changed, by record (None where one is gone), and the records that are new, with their kind."""
        changed: dict[str, dict[str, Any]] = {}
        for key, old in before.records.items():
            new = self.records.get(key, {})
            if differ := {name: new.get(name) for name in {*old, *new} if old.get(name) != new.get(name)}:
                changed[key] = dict(sorted(differ.items()))
        created = [
            {"kind": key.partition("/")[0], **one} for key, one in self.records.items() if key not in before.records
        ]
        return changed, created
