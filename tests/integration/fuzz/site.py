"""Site: the whole application over two populated firms, everyone who may speak to it, and what must hold of any answer.

Each firm holds a mark of its own in every text that somebody wrote, and ids of its own: neither may show in an answer
to the other, unless the request itself said it.
"""

import base64
import hmac
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, get_args

from starlette.testclient import TestClient

from app.actor import Grant, Role
from app.api.problems import MEDIA, SCHEMA
from app.errors import STATUS
from app.identity.principals import add_principal, machine_actor
from app.identity.setting_changes import propose_setting
from app.store.engine import unit_of_work
from app.store.models import (
    Case,
    Event,
    Execution,
    ManualTask,
    Principal,
    Proposal,
    Review,
    SettingChange,
    Tenant,
)
from app.workflow import control
from tests.integration.api.conftest import Api
from tests.integration.workflow.scenes import letter, task, write_off
from tests.integration.world import TENANTS

MARKS: Mapping[str, str] = {"acme": "quagga-of-acme", "borealis": "okapi-of-borealis"}
READERS = ("viewer", "auditor")
ROLES: tuple[str, ...] = get_args(Role)
SPEAKERS: tuple[str, ...] = (*READERS, "nobody", "stranger", *(role for role in ROLES if role not in READERS))
"""The ten roles in acme; nobody, without a token; a stranger, admin of borealis. Those who only read come first."""
CODES = frozenset(SCHEMA["properties"]["code"]["enum"])

# What a request may leave behind that changes nothing: the answer kept under its key, and refusals on the record.
_KEPT = frozenset({"idempotency_key", "payload", "subject_key", "audit_entry", "audit_node", "audit_head"})
_REFUSED = frozenset({"event.refused", "verdict.refused"})


@dataclass(frozen=True)
class Ids:
    """What there is in one firm, by what an id stands for in a path."""

    case_id: list[str]
    review_id: list[str]
    execution_id: list[str]
    task_id: list[str]
    change_id: list[str]
    other: list[str]

    def all(self) -> Iterator[str]:
        for name in ("case_id", "review_id", "execution_id", "task_id", "change_id", "other"):
            yield from getattr(self, name)


@dataclass
class Site:
    """`answers` counts by speaker and status; `ids` are those of the rows that were planted."""

    api: Api
    tokens: dict[str, str]
    ids: dict[str, Ids]
    digests: dict[str, str]
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def client(self) -> TestClient:
        return self.api.client

    def send(
        self, who: str, method: str, path: str, *, content: bytes | None = None, signed: str | None = None, **sent: Any
    ) -> Any:
        """One request as `who`, whose answer is checked. `signed`: as the source of this firm signs a delivery."""
        headers = {name.lower(): value for name, value in dict(sent.pop("headers", None) or {}).items()}
        headers.pop("authorization", None)
        if who != "nobody":
            headers["authorization"] = f"Bearer {self.tokens[who]}"
        if signed is not None:
            headers |= self._signature(signed, content or b"")
        raw = {name: value.encode("utf-8", "replace") for name, value in headers.items()}
        answer = self.client.request(method, path, headers=raw, content=content, **sent)
        self.answers[who, answer.status_code] += 1
        asked = b" ".join((str(answer.request.url).encode(), content or b"", *raw.values())).decode("utf-8", "replace")
        self.check(who, answer, asked)
        return answer

    def check(self, who: str, answer: Any, asked: str) -> None:
        """Nothing breaks, every refusal is a problem with a documented code, nothing of the other firm is told."""
        told = answer.text
        assert answer.status_code < 500, f"{answer.status_code}: {told[:500]}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == MEDIA, answer.headers
            body = answer.json()
            assert body["code"] in CODES, body
            assert body["code"] == "method_not_allowed" or STATUS[body["code"]] == answer.status_code, body
            self.codes[body["code"]] += 1
        own = {"nobody": None, "stranger": "borealis"}.get(who, "acme")
        for tenant in TENANTS:
            if tenant != own:
                assert MARKS[tenant] not in told, f"{who} is told what {tenant} wrote: {told[:2000]}"
                shown = [ident for ident in self.ids[tenant].all() if ident in told and ident not in asked]
                assert not shown, f"{who} is told {shown} of {tenant}"

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing is written meanwhile but refusals, and answers kept under a key."""
        before, version = self._counts(), self._version()
        yield
        if self._version() != version:
            after = self._counts()
            grown = {name for name in after if after[name] != before[name]} - _KEPT
            assert not grown, f"changed: {grown}"
            kinds = {
                kind for kind, count in after["audit_entry"].items() if count != before["audit_entry"].get(kind, 0)
            }
            assert kinds <= _REFUSED, f"put on record: {kinds}"

    def _counts(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for (name,) in self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            # `total` differs where a row was changed in place, too: rows have a state.
            state = "status" if name in ("case", "review", "execution", "setting_change", "triage_run") else "0"
            query = f'SELECT {"kind" if name == "audit_entry" else state}, count(*) FROM "{name}" GROUP BY 1'
            found[name] = dict(self._database.execute(query).fetchall())
        return found

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    @property
    def _database(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self, "_connection", None)
        if known is None:
            path = self.api.world.ctx.engine.url.database
            assert path is not None
            known = self._connection = sqlite3.connect(path, isolation_level=None)
        return known

    def _signature(self, tenant: str, body: bytes) -> dict[str, str]:
        world = self.api.world
        ident, stamp = f"msg_{sum(self.answers.values())}", str(int(world.clock().timestamp()))
        key = base64.b64decode(world.secrets[tenant].removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{ident}.{stamp}.".encode() + body, sha256)).decode()
        return {"webhook-id": ident, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mac}"}


def populate(api: Api) -> Site:
    """Both firms with cases in every state: waiting, decided, executed, by hand, and a setting that waits."""
    world = api.world
    for tenant in TENANTS:
        _work(api, tenant)
    for role in ROLES:
        add_principal(world.ctx, machine_actor("acme"), name=f"the {role}", kind="person", roles=[Grant(role)])
    tokens = {role: api.token(f"the {role}") for role in ROLES} | {"stranger": api.token("ada", tenant="borealis")}
    world.agents.says_always(write_off())
    ids = {tenant: _ids(api, tenant) for tenant in TENANTS}
    return Site(api, tokens, ids, {row.id: row.args_digest for row in world.rows(Review)})


def _work(api: Api, tenant: str) -> None:
    world, mark = api.world, MARKS[tenant]
    machine = machine_actor(tenant)
    add_principal(world.ctx, machine, name=f"Ann {mark}", kind="person", email=f"ann@{mark}.example", roles=[])
    written = write_off(reason=f"agreed, {mark}")
    for number, planned in enumerate((written, task(f"Look into {mark}"), letter("a@b.example", body=f"Dear {mark}"))):
        data = {"invoice_id": f"inv-{number + 3:03d}"}
        world.case_of("erp.invoice.drafted", data, planned, tenant=tenant)
    text = {"project_id": "prj-01", "text": f"Please add {mark}", "requested_by": f"kim@{mark}.example"}
    world.case_of("psa.change_request.submitted", text, task(f"Add {mark}"), tenant=tenant)
    missing = {"person_id": "per-12", "week_start_on": "2026-02-23"}
    world.case_of("psa.timesheet.missing", missing, task(f"Ask after {mark}"), tenant=tenant)
    with unit_of_work(world.ctx.engine) as session:
        row = session.get_one(Tenant, tenant)
        row.connectors = {name: value for name, value in row.connectors.items() if name != "create_task"}
        session.add(row)
    missing = {"person_id": "per-13", "week_start_on": "2026-02-23"}
    world.case_of("psa.timesheet.missing", missing, task(f"By hand {mark}"), tenant=tenant)
    world.deliver(world.event("other.thing.happened", {"text": mark}), tenant=tenant)
    propose_setting(world.ctx, world.actor("alan", tenant), "channels", [mark])
    control.pause(world.ctx, world.actor("hal", tenant), "tool", "create_task")


def _ids(api: Api, tenant: str) -> Ids:
    def of(model: Any) -> list[str]:
        return sorted(row.id for row in api.world.rows(model, tenant=tenant))

    return Ids(
        of(Case), of(Review), of(Execution), of(ManualTask), of(SettingChange), of(Proposal) + of(Event) + of(Principal)
    )  # fmt: skip


def body_of(value: Any) -> bytes:
    """JSON as a client sends it; what has no JSON (NaN, a lone surrogate) goes out as Python writes it."""
    return json.dumps(value).encode("utf-8", "replace")
