"""A served firm in mode `auto`, on SQLite or PostgreSQL, with two people who may decide everything."""

import time
import uuid
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from app import tenancy
from app.clock import system_clock
from app.store.engine import make_engine, read_only, unit_of_work
from app.store.models import Execution, Review
from tests.e2e.installation import Installation

DECIDING = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "admin")
LIVE = ("waiting", "running", "unknown")


class House:
    """The installation and what a test does with it. `database_url`: None for SQLite in the home folder."""

    def __init__(self, folder: Path, database_url: str | None = None, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.sink = folder / "outside-checkpoints"
        more = {"checkpoint_sink": str(self.sink), "log_level": "WARNING"} | settings
        if database_url is not None:
            more["database_url"] = database_url.replace("+psycopg", "")
        self.service = Installation(folder / "home", **more)
        self.service.told("migrate")
        self.tokens = [self._token(name) for name in ("first", "second")]
        self.url = database_url or f"sqlite:///{folder / 'home' / 'countersign.db'}"
        self.sender = self.service.sender("all", "--types", "*")
        engine = make_engine(self.url)
        with unit_of_work(engine) as session:
            tenancy.put(session, "demo", "mode", "auto", "test", system_clock())
        engine.dispose()

    def _token(self, name: str) -> str:
        roles = [argument for role in DECIDING for argument in ("--role", role)]
        return str(self.service.told("token", "create", "--name", name, *roles)["token"])

    @cached_property
    def sample(self) -> dict[str, Any]:
        """One event, to be delivered again and again: it is taken once."""
        return self.happen(1)[0]

    def happen(self, count: int) -> list[dict[str, Any]]:
        """Events of the firm that nobody has delivered yet."""
        return list(self.service.told("sandbox", "emit", "--count", str(count), "--no-send")["emitted"])

    def deliver(self, events: list[dict[str, Any]]) -> int:
        """How many of them were new."""
        new = 0
        for each in events:
            answer = self.sender.post(each)
            assert answer.status_code == 202, answer.text
            new += not answer.json()["accepted"][0]["duplicate"]
        return new

    def call(self, method: str, path: str, who: int = 0, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.service.http.request(method, path, headers=headers, **more)

    def pending(self) -> list[dict[str, Any]]:
        answer = self.call("GET", "/v1/reviews", params={"status": "pending", "limit": 200})
        return list(answer.json()["items"])

    def approve(self, reviews: list[dict[str, Any]]) -> int:
        """Both people approve; how many are approved then. What was decided or changed meanwhile stays as it is."""
        done = 0
        for review in reviews:
            for who in (0, 1):
                body = {"verdict": "approve", "args_digest": review["args_digest"]}
                answer = self.call("POST", f"/v1/reviews/{review['id']}/verdicts", who, json=body)
                assert answer.status_code in (200, 403, 409), answer.text
                if answer.status_code == 200 and answer.json().get("status") == "approved":
                    done += 1
                    break
        return done

    def executions(self) -> dict[str, str]:
        """Key → status, read from the database; `held` is what waits for an earlier action to take effect."""
        engine = make_engine(self.url, pool_size=1)
        try:
            with read_only(engine) as session:
                query = sa.select(Execution.key, Execution.status, Execution.waits_for)  # type: ignore[call-overload]
                rows = session.connection().execute(query).all()
                return {key: "held" if waits_for and status == "waiting" else status for key, status, waits_for in rows}
        finally:
            engine.dispose()

    def reviews(self) -> dict[str, int]:
        engine = make_engine(self.url, pool_size=1)
        try:
            with read_only(engine) as session:
                query = sa.select(Review.status, sa.func.count()).group_by(Review.status)  # type: ignore[call-overload]
                return dict(session.connection().execute(query).all())
        finally:
            engine.dispose()

    def ledger(self) -> dict[str, dict[str, Any]]:
        return {each["key"]: each for each in self.service.told("sandbox", "ledger") if each["key"].startswith("cs_")}

    def entries(self, kind: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "/v1/audit/entries", params={"kind": kind, "limit": 200})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def verify(self, folder: Path, since: Path | None = None) -> tuple[int, str]:
        """Exit code and words of the auditor's program on a fresh export."""
        export, key = folder / f"{uuid.uuid4().hex}.jsonl", folder / "key"
        key.write_text(self.service.run("audit", "key").stdout)
        self.service.told("audit", "export", "--out", str(export))
        more = ["--since", str(since)] if since else []
        done = self.service.run("audit", "verify", str(export), "--public-key", str(key), *more)
        return done.returncode, done.stdout

    def idle(self) -> bool:
        """No triage and no execution is on its way, but for what is paused."""
        metrics = self.service.http.get("/metrics").text
        busy = [
            line for line in metrics.splitlines()
            if line.startswith("countersign_queue_items") and 'kind="execute"' not in line and not line.endswith(" 0.0")
        ]  # fmt: skip
        return not busy


def until(holds: Callable[[], bool], seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
