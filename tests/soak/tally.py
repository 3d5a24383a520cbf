"""The tally: what was sent and what was answered, kept by the callers alone and compared with the service's rows."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

Said = tuple[str, str, str]
"""Kind of the entry that the log must hold, the id it is about, and who said it."""


@dataclass
class Tally:
    """Safe to write from several threads."""

    sent: Counter[str] = field(default_factory=Counter)
    """Deliveries by event id, each try counted."""
    taken: Counter[str] = field(default_factory=Counter)
    """Answers 202 by event id."""
    fresh: Counter[str] = field(default_factory=Counter)
    """Those answers that said it was no duplicate."""
    asked: set[str] = field(default_factory=set)
    """Cases that POST /v1/triage answered with."""
    said: Counter[Said] = field(default_factory=Counter)
    """What was answered with 2xx."""
    unanswered: Counter[Said] = field(default_factory=Counter)
    """What the process died over: it may have happened or not."""
    replayed: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """Answers 2xx by idempotency key; all of one key must be the same."""
    answers: Counter[str] = field(default_factory=Counter)
    """HTTP status by what was asked."""
    surprises: list[str] = field(default_factory=list)
    """Answers that no caller should get."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def delivered(self, ident: str, answer: dict[str, Any] | None) -> None:
        with self._lock:
            self.sent[ident] += 1
            for each in (answer or {}).get("accepted", []):
                self.taken[each["event_id"]] += 1
                self.fresh[each["event_id"]] += not each["duplicate"]

    def opened(self, case_id: str) -> None:
        with self._lock:
            self.asked.add(case_id)

    def spoke(self, said: Said, *, answered: bool) -> None:
        with self._lock:
            (self.said if answered else self.unanswered)[said] += 1

    def replay(self, key: str, body: Any) -> None:
        with self._lock:
            self.replayed[key].append(body)

    def answer(self, what: str, status: int, text: str) -> None:
        with self._lock:
            self.answers[f"{what} {status}"] += 1
            if status >= 500 and status != 503:
                self.surprises.append(f"{what} was answered {status}: {text[:200]}")

    @property
    def duplicates(self) -> int:
        """Answers to deliveries of an event that was stored before."""
        return sum(self.taken.values()) - sum(self.fresh.values())

    @property
    def verdicts(self) -> int:
        return sum(count for (kind, _, _), count in self.said.items() if kind.startswith("verdict.given"))
