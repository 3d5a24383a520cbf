"""Learner: what people confirmed or corrected becomes a precedent, and is forgotten again when its text is erased."""

from datetime import datetime

from agents.memory import Memory, Precedent
from agents.reasoners.embedded.encoder import Encoder
from tools.proposals import Level


class Learner:
    """Writes the precedents of this process's own copy of the memory."""

    def __init__(self, encoder: Encoder, memory: Memory) -> None:
        self._encoder, self._memory = encoder, memory

    def learn(
        self,
        tenant: str,
        ident: str,
        text: str,
        *,
        text_digest: str,
        label: str,
        urgency: Level,
        impact: Level,
        customer: str | None,
        corrected: bool,
        at: datetime,
    ) -> None:
        """Remembers one text under its label; the same `ident` again replaces it. `text_digest` is a salted one.

        Raises MemoryUnavailable, EncoderUnavailable: then it has to be tried again.
        """
        precedent = Precedent(
            id=ident, text_digest=text_digest, kind=label, urgency=urgency, impact=impact, customer=customer,
            source="correction" if corrected else "verdict", at=at,
        )  # fmt: skip
        self._memory.remember(tenant, precedent, self._encoder.encode([text])[0])

    def mark(self, tenant: str) -> str:
        """How far the log was learned from, as `set_mark` said; empty at the beginning. Raises MemoryUnavailable."""
        return self._memory.mark(tenant)

    def set_mark(self, tenant: str, mark: str) -> None:
        """Raises MemoryUnavailable."""
        self._memory.set_mark(tenant, mark)

    def tidy(self) -> None:
        """Deletes copies that no process has used for a while. Raises MemoryUnavailable."""
        self._memory.tidy()

    def forget(self, tenant: str, idents: list[str]) -> int:
        """Erases precedents with their bytes. Raises MemoryUnavailable: then nothing was erased for certain."""
        return self._memory.forget(tenant, idents) if idents else 0

    def clear(self, tenant: str) -> None:
        """Forgets the whole tenant, before it is learned again from the database. Raises MemoryUnavailable."""
        self._memory.rebuild(tenant, ())
