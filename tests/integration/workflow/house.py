"""A world that learns, looked through file by file for what is left of an erased person."""

import base64
import io
from dataclasses import dataclass

from agents.memory import Memory
from agents.reasoners.embedded.encoder import Encoder
from app.audit.checkpoint import sign_checkpoint
from app.audit.export import export, snapshot
from app.audit.vault import PayloadErased
from app.audit.verify import Key, Result, verify
from app.store.engine import read_only
from app.store.models import Case, Event, Payload, SubjectKey
from app.workflow.erase import erase_person
from tests import postgres
from tests.integration.world import World

NAME, ADDRESS = "Rosalind Achterberg", "rosalind.achterberg@kestrel-harbour.example"
PHRASE = "seventeen violet lanterns for the harbour"
PLANTED = (NAME, "Achterberg", ADDRESS, "kestrel-harbour", PHRASE, "violet lanterns")
TEXT = f"{NAME} here: please bill {PHRASE} again, the invoice was wrong. Answer to {ADDRESS}."
OTHER, OTHER_TEXT = "bertram@alder.example", "Bertram asks whether the second invoice of February is right."
RUN = 16
"""Bytes of a ciphertext or key that are searched for: a run of that length is in no other file by chance."""


def spellings(text: str) -> set[bytes]:
    """Each way in which the text could stand in a file: encodings, and Base64 at each of its three offsets."""
    found = {text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode().hex().encode()}
    for shift in range(3):
        raw = bytes(shift) + text.encode()
        # Only the characters that depend on the text alone.
        encoded = base64.b64encode(raw)[-(-shift * 8 // 6) : len(raw) * 8 // 6]
        found |= {encoded, encoded.replace(b"+", b"-").replace(b"/", b"_")}
    return found


@dataclass
class House:
    """A world that learns, and what of the erased person its files and its export hold."""

    world: World
    memory: Memory
    encoder: Encoder

    def files(self) -> dict[str, bytes]:
        home, engine = self.world.ctx.settings.home, self.world.ctx.engine
        found = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
        # PostgreSQL's own files are its own; its tables stand for them.
        return found | (postgres.contents(engine) if engine.dialect.name == "postgresql" else {})

    def holding(self, *needles: bytes) -> dict[str, bytes]:
        """File → one of the needles that it holds, in any case of letters."""
        found: dict[str, bytes] = {}
        for name, content in self.files().items():
            folded = content.lower()
            for needle in needles:
                if needle in content or needle.lower() in folded:
                    found[name] = needle
        return found

    def planted(self) -> dict[str, bytes]:
        return self.holding(*(spelling for text in PLANTED for spelling in spellings(text)))

    def secrets(self, *cases: Case) -> list[bytes]:
        """A run of each ciphertext and wrapped key under which the person's content and these cases' lie."""
        about = {self.world.ctx.vault.subject("acme", ADDRESS), *(case.data_subject for case in cases)}
        rows = [row for row in self.world.rows(Payload, tenant="acme") if row.data_subject in about]
        keys = [row for row in self.world.rows(SubjectKey, tenant="acme") if row.data_subject in about]
        found = [*(row.ciphertext for row in rows), *(row.wrapped for row in keys)]
        return [bytes(secret)[20 : 20 + RUN] for secret in found if secret is not None]

    def traces(self, text: str) -> dict[str, bytes]:
        """Files that hold any run of eight numbers of the text's vector."""
        (vector,) = self.encoder.encode([text])
        return self.holding(*(vector[at : at + 8].tobytes() for at in range(0, 384, 8)))

    def export(self) -> bytes:
        with snapshot(self.world.ctx.engine) as session:
            return b"".join(export(session, self.world.ctx.log, self.world.ctx.vault, "acme"))

    def verified(self, since: str) -> Result:
        """The export, held against a checkpoint that was kept elsewhere."""
        key = Key(str(self.world.ctx.log.verifier("acme")))
        return verify(io.BytesIO(self.export()), key, key.open_all(since))

    def checkpoint(self) -> str | None:
        return sign_checkpoint(self.world.ctx.engine, self.world.ctx.log, "acme", self.world.clock())

    def erase(self, about: str = ADDRESS, who: str = "carl") -> dict[str, int]:
        return erase_person(self.world.ctx, self.world.actor(who), about)

    def texts(self, case: Case) -> list[str]:
        """Of the case's events, as far as they can still be read."""
        found = []
        with read_only(self.world.ctx.engine) as session:
            for event in self.world.rows(Event, case_id=case.id):
                try:
                    found.append(str(self.world.ctx.vault.open(session, case.tenant, event.payload)["data"]["text"]))
                except PayloadErased:
                    continue
        return found
