"""The judge: what is in the database, the ledger and the log, against the tally. Plain SQL, no code of the service."""

import json
import sqlite3
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tests.soak.firm import TENANT, Firm
from tests.soak.fleet import environment
from tests.soak.lives import PROGRAM
from tests.soak.tally import Tally

_UNDER_WAY = {
    "triage runs": "SELECT count(*) FROM triage_run WHERE status IN ('waiting', 'running')",
    "executions": "SELECT count(*) FROM execution WHERE connector <> 'manual' AND (status IN ('running', 'unknown') "
    "OR (status = 'waiting' AND waits_for IS NULL))",
    "items": "SELECT count(*) FROM {queue} WHERE status IN ('ENQUEUED', 'PENDING') AND queue_name <> 'schedule'",
}
# Ends that say nobody could tell, or nobody tried, whether an approved action took effect.
_NO_END = ("unresolved", "it could not begin", "never applied")


@dataclass
class Judgement:
    """`lost` and `doubled` name each thing once; `odd` holds what else must not be."""

    counts: dict[str, int]
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


class Judge:
    def __init__(self, firm: Firm) -> None:
        self._firm = firm
        self._engine = sa.create_engine(firm.database_url, poolclass=sa.NullPool)
        self._queue = "workflow_status" if self._engine.dialect.name == "sqlite" else "dbos.workflow_status"

    def _rows(self, query: str, **values: str) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(sa.text(query), values))

    def under_way(self) -> dict[str, int]:
        """What is still at work, by kind; empty when all is quiet."""
        found = {name: self._rows(query.format(queue=self._queue))[0][0] for name, query in _UNDER_WAY.items()}
        return {name: count for name, count in found.items() if count}

    def quiet(self, seconds: float) -> dict[str, int]:
        """Waits until nothing is at work, twice in a row; what still is when the time is up."""
        end, calm = time.monotonic() + seconds, 0
        while True:
            left = self.under_way()
            calm = 0 if left else calm + 1
            if calm == 2 or time.monotonic() > end:
                return left
            time.sleep(0.5)

    def judge(self, tally: Tally) -> Judgement:
        found = Judgement({})
        self._events(tally, found)
        self._cases(tally, found)
        self._effects(found)
        self._log(tally, found)
        found.odd += tally.surprises
        for key, bodies in tally.replayed.items():
            if any(body != bodies[0] for body in bodies):
                found.odd.append(f"one idempotency key was answered in two ways: {key}")
        return found

    def _events(self, tally: Tally, found: Judgement) -> None:
        stored = Counter(ident for (ident,) in self._rows("SELECT event_id FROM event WHERE source <> 'countersign'"))
        found.counts["events"] = len(tally.taken)
        found.counts["duplicates"] = tally.duplicates
        found.lost += [f"event {ident} was accepted and is not stored" for ident in tally.taken if not stored[ident]]
        found.doubled += [f"event {ident} is stored {count} times" for ident, count in stored.items() if count > 1]
        found.doubled += [f"event {ident} was new {count} times" for ident, count in tally.fresh.items() if count > 1]
        found.odd += [f"event {ident} was never sent" for ident in stored if ident not in tally.sent]
        without = self._rows(
            "SELECT e.id FROM event e LEFT JOIN triage_run r ON r.event_id = e.id WHERE e.recognised AND r.id IS NULL"
        )
        found.lost += [f"event {ident} was never to be triaged" for (ident,) in without]

    def _of(self, case: str) -> str:
        """What a case consists of, for somebody who wonders why it has not ended."""
        runs = self._rows("SELECT status, case_generation FROM triage_run WHERE case_id = :case", case=case)
        proposals = self._rows(
            "SELECT proposal.id, proposal.tool, proposal.status, proposal.case_generation, review.status, "
            "execution.status, execution.connector, execution.waits_for, execution.error FROM proposal "
            "LEFT JOIN review ON review.proposal_id = proposal.id "
            "LEFT JOIN execution ON execution.proposal_id = proposal.id WHERE proposal.case_id = :case",
            case=case,
        )
        return f"runs {sorted(runs)}, proposals {proposals}"

    def _cases(self, tally: Tally, found: Judgement) -> None:
        cases = dict(self._rows('SELECT id, status FROM "case"'))
        found.counts["cases"] = len(cases)
        found.lost += [f"case {ident} was answered and is not there" for ident in tally.asked if ident not in cases]
        runs = Counter(status for (status,) in self._rows("SELECT status FROM triage_run"))
        found.counts["runs"] = sum(runs.values())
        found.lost += [
            f"{count} runs are {status}" for status, count in runs.items() if status not in ("done", "superseded")
        ]
        found.lost += [
            f"case {ident} is still open: {self._of(ident)}" for ident, status in cases.items() if status == "open"
        ]
        asked = {ident for (ident,) in self._rows("SELECT case_id FROM review WHERE status = 'pending'")}
        asked |= {
            ident for (ident,) in self._rows(
                "SELECT e.case_id FROM manual_task t JOIN execution e ON e.id = t.execution_id WHERE t.status = 'open'"
            )
        }  # fmt: skip
        idle = [ident for ident, status in cases.items() if status == "waiting" and ident not in asked]
        found.lost += [f"case {ident} waits for nobody" for ident in idle]
        twice = self._rows(
            "SELECT proposal_id FROM review WHERE status = 'pending' GROUP BY proposal_id HAVING count(*) > 1"
        )
        found.doubled += [f"proposal {ident} has two pending reviews" for (ident,) in twice]

    def _effects(self, found: Judgement) -> None:
        ledger = self._ledger()
        executions = self._rows(
            "SELECT id, key, status, connector, proposal_id, review_id, args_digest, error, fence FROM execution"
        )
        by_key = {row.key: row for row in executions}
        found.counts["effects"] = sum(ledger.values())
        found.counts["executions"] = len(executions)
        for key, count in ledger.items():
            row = by_key.get(key)
            if count > 1:
                found.doubled.append(f"{key} took effect {count} times")
            if row is None or row.status not in ("succeeded", "undone") or row.fence < 1:
                found.odd.append(f"an effect under {key}, of which the service says {row and row.status}")
            elif not self._allowed(row):
                found.odd.append(f"an effect under {key} without a decision or a satisfied review")
        for row in executions:
            if row.connector == "manual":
                continue
            if row.status in ("succeeded", "undone") and ledger.get(row.key) != 1:
                found.lost.append(f"{row.id} is {row.status} and took effect {ledger.get(row.key, 0)} times")
            if row.status == "failed" and any(word in (row.error or "") for word in _NO_END):
                found.lost.append(f"{row.id} failed: {row.error}")
        self._begun(found)

    def _begun(self, found: Judgement) -> None:
        """Whatever may run has an execution, and what is to be taken back is taken back once."""
        approved = self._rows(
            "SELECT r.id FROM review r LEFT JOIN execution e ON e.proposal_id = r.proposal_id "
            "WHERE r.status = 'approved' AND e.id IS NULL"
        )
        found.lost += [f"review {ident} is approved and nothing follows" for (ident,) in approved]
        by_itself = self._rows(
            "SELECT d.proposal_id FROM decision d LEFT JOIN execution e ON e.proposal_id = d.proposal_id "
            "WHERE d.effect = 'auto' AND NOT d.observed AND e.id IS NULL AND NOT EXISTS (SELECT 1 FROM review r WHERE "
            "r.proposal_id = d.proposal_id)"
        )
        found.lost += [f"proposal {ident} may run by itself and nothing follows" for (ident,) in by_itself]
        undone = self._rows(
            "SELECT p.undo_of FROM proposal p JOIN execution e ON e.proposal_id = p.id "
            "WHERE p.undo_of IS NOT NULL AND e.status = 'succeeded' GROUP BY p.undo_of HAVING count(*) > 1"
        )
        found.doubled += [f"execution {ident} was taken back twice" for (ident,) in undone]
        ended = self._rows("SELECT status, count(*) AS n FROM execution GROUP BY status")
        found.counts |= {f"executions {row.status}": row.n for row in ended}

    def _allowed(self, execution: Any) -> bool:
        """Whether policy let that very digest run by itself, or enough people approved that very digest."""
        about = {"proposal": execution.proposal_id, "digest": execution.args_digest, "review": execution.review_id}
        with self._engine.connect() as connection:
            if execution.review_id is None:
                query = (
                    "SELECT 1 FROM decision WHERE proposal_id = :proposal AND args_digest = :digest AND effect = 'auto'"
                )
                return connection.execute(sa.text(query), about).first() is not None
            review = connection.execute(
                sa.text("SELECT status, required, editor_ids FROM review WHERE id = :review AND args_digest = :digest"),
                about,
            ).first()
            said = connection.execute(
                sa.text(
                    "SELECT v.principal_id FROM verdict v JOIN review r ON r.id = v.review_id WHERE r.id = :review "
                    "AND v.verdict = 'approve' AND v.args_digest = :digest AND v.at >= r.asked_at"
                ),
                about,
            )
            people = {principal for (principal,) in said}
        if review is None or review.status != "approved":
            return False
        required, editors = (json.loads(text) if isinstance(text, str) else text for text in review[1:])
        return all(len(people - set(editors) if each["excluded"] else people) >= each["approvers"] for each in required)

    def _ledger(self) -> dict[str, int]:
        """How often records changed, by key."""
        with sqlite3.connect(f"file:{self._firm.ledger_file}?mode=ro", uri=True) as connection:
            keys = dict.fromkeys((key for (key,) in connection.execute("SELECT key FROM effect")), 0)
            return keys | dict(connection.execute("SELECT key, count(*) FROM application GROUP BY key").fetchall())

    def _log(self, tally: Tally, found: Judgement) -> None:
        stands: Counter[tuple[str, str, str]] = Counter()
        kinds = {"verdict.given": "review", "undo.asked": "execution", "case.corrected": "case", "task.closed": "task"}
        listed = ", ".join(f"'{kind}'" for kind in kinds)
        for kind, leaf in self._rows(f"SELECT kind, leaf FROM audit_entry WHERE kind IN ({listed})"):
            entry = json.loads(bytes(leaf))
            word = f"{kind} {entry['details']['verdict']}" if kind == "verdict.given" else kind
            stands[word, entry["refs"][kinds[kind]], entry["actor"]["id"]] += 1
        found.counts["verdicts"] = tally.verdicts
        found.counts["entries"] = self._rows("SELECT count(*) FROM audit_entry")[0][0]
        for said, count in tally.said.items():
            if stands[said] < count:
                found.lost.append(f"{' '.join(said)} was answered {count} times and is in the log {stands[said]} times")
        for said, count in stands.items():
            if count > tally.said[said] + tally.unanswered[said]:
                found.doubled.append(
                    f"{' '.join(said)} is in the log {count} times and was said {tally.said[said]} times"
                )

    def verify(self) -> list[str]:
        """The log's own proof, from an export and against every checkpoint that was sent outside."""
        folder = self._firm.home.parent
        key, export = folder / "key", folder / "log.jsonl"
        settings = environment(self._firm, 1)

        def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                [PROGRAM, "audit", *arguments], env=settings, capture_output=True, text=True, check=False, timeout=300,
                cwd=folder,
            )  # fmt: skip

        made = run("key", "--tenant", TENANT)
        key.write_text(made.stdout)
        steps = [made, run("export", "--out", str(export), "--tenant", TENANT)]
        since = ("--since", str(self._firm.sink)) if self._firm.sink.exists() else ()
        steps.append(run("verify", str(export), "--public-key", str(key), *since))
        return [
            f"{' '.join(map(str, step.args[1:4]))}: {step.stderr}{step.stdout}" for step in steps if step.returncode
        ]
