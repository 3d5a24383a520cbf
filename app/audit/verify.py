"""Checks an exported log with nothing but the export and a public key. Run: python verify.py FILE --public-key KEYFILE

This file is meant to be read whole by whoever must trust it; it shares no code with the program that writes the log.

The export is UTF-8 text, one JSON object a line, each ended by one line feed:
    an entry    its bytes, without the line feed, are a leaf of the log's RFC 6962 Merkle tree; entry k has "seq" k
    a payload   {"name":N,"payload":P,"salt":S,"seq":k}, right after entry k, in the order of the entry's "payloads";
                the entry holds "sha256:" and the hex of SHA-256(32 bytes of salt, bytes of P), never P itself
    last line   {"checkpoint":NOTE}: the log's origin, number of entries and tree root, signed (C2SP tlog-checkpoint)
A payload may be missing only where a later entry of kind "payload.erased" lists it: "erased":[{"name":N,"seq":k}].
Whoever holds the signing key could write another history. Against that, `--since` takes checkpoints that were kept
out of their reach: the log must begin with each of them.

Why every byte counts. An entry's bytes are hashed as they stand; no form of JSON is trusted. A payload line, and the
last line, must be the only bytes they can be, given what is hashed or signed. So entries are read as JSON only to
learn what they say, and names used twice and numbers that are not integers are refused, so that nobody reads them
differently.

Exit code: 0 the log holds, 1 it is broken, 2 the input cannot be used (no such file, not a key, not a checkpoint).
"""

import argparse
import json
import sys
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_LINE = 1 << 26  # bytes; no longer line is taken into memory
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)  # what malformed input can raise


class Broken(Exception):
    """The log does not hold; says why."""


class Unusable(Exception):
    """The key file or the file of older checkpoints is not one; says why."""


@dataclass(frozen=True)
class Result:
    """`line` counts from 1 and is where the first breach shows; `root` is hex, over the entries read."""

    holds: bool
    origin: str
    entries: int
    payloads: int
    erased: int
    size: int | None
    root: str
    line: int | None
    reason: str | None


def strict_base64(text: bytes, length: int) -> bytes:
    raw = a2b_base64(text)
    if len(raw) != length or b2a_base64(raw, newline=False) != text:
        raise ValueError(f"not {length} bytes in canonical base64")
    return raw


class Key:
    """`name+id+key`: the log's name, four bytes in hex, base64 of 0x01 and an Ed25519 public key (C2SP signed-note)."""

    def __init__(self, text: str) -> None:
        try:
            self.name, key_id, encoded = text.removesuffix("\n").split("+", 2)
            raw = strict_base64(encoded.encode(), 33)
            self.id = sha256(self.name.encode() + b"\n" + raw).digest()[:4]
            if raw[0] != 1 or key_id != self.id.hex() or not self.name.isprintable() or " " in self.name:
                raise ValueError
            self.public = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError:
            raise Unusable("the public key is not one line name+id+key of an Ed25519 key") from None

    def open(self, note: str) -> tuple[int, bytes]:
        """Number of entries and root in a checkpoint of this log with this key's signature and no other."""
        origin, size, root, gap, signature, end = note.split("\n")
        if (origin, gap, end) != (self.name, "", "") or str(int(size)) != size:
            raise ValueError("it is of another log, or not a checkpoint")
        opening = f"— {self.name} "
        blob = strict_base64(signature.removeprefix(opening).encode(), 68)
        if not signature.startswith(opening) or blob[:4] != self.id:
            raise ValueError("it is signed by another key")
        try:
            self.public.verify(blob[4:], f"{origin}\n{size}\n{root}\n".encode())
        except InvalidSignature:
            raise ValueError("its signature does not hold") from None
        return int(size), strict_base64(root.encode(), 32)

    def open_all(self, text: str) -> dict[int, set[bytes]]:
        """Roots by number of entries, of all this log's checkpoints in `text`: notes with a blank line between two."""
        roots: dict[int, set[bytes]] = {}
        parts = text.strip("\n").split("\n\n")  # a blank line also stands between a note's text and its signature
        for body, signature in zip(parts[::2], [*parts[1::2], ""], strict=False):
            if body.startswith(self.name + "\n"):
                try:
                    size, root = self.open(f"{body}\n\n{signature}\n")
                except ValueError as error:
                    raise Unusable(f"an older checkpoint cannot be used: {error}") from None
                roots.setdefault(size, set()).add(root)
        if not roots:
            raise Unusable(f"no checkpoint of {self.name} is among the older checkpoints")
        return roots


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a name is used twice in one object")
    return found


def refuse_float(text: str) -> NoReturn:
    raise ValueError(f"{text} is not an integer")


read_json: Callable[..., tuple[Any, int]] = json.JSONDecoder(
    object_pairs_hook=unique_names, parse_float=refuse_float, parse_constant=refuse_float
).raw_decode


class Check:
    """One pass over an export. Memory grows with the number of missing payloads only."""

    def __init__(self, key: Key, since: Mapping[int, set[bytes]]) -> None:
        self.key, self.since, self.tenant = key, since, key.name.rpartition("/")[2]
        self.line = self.entries = self.payloads = self.erased = 0
        self.size: int | None = None  # as signed
        self.trees: list[bytes] = []  # roots of the perfect trees that the entries so far make up, largest first
        self.due: list[tuple[str, str]] = []  # name and digest of the last entry's payloads that may still come
        self.missing: dict[tuple[int, str], int] = {}  # seq and name → line where it should have stood

    def root(self) -> bytes:
        if not self.trees:
            return sha256(b"").digest()
        *rest, top = self.trees
        for left in reversed(rest):
            top = sha256(b"\x01" + left + top).digest()
        return top

    def run(self, lines: Iterable[bytes]) -> None:
        self.compare_since()
        for line in lines:
            self.line += 1
            if self.size is not None:
                raise Broken("something stands after the checkpoint")
            if line[-1:] != b"\n":
                raise Broken("the line is cut short, or too long")
            if line.startswith(b'{"name":'):
                self.payload(line)
            elif line.startswith(b'{"checkpoint":'):
                self.checkpoint(line)
            else:
                self.entry(line)
        if self.size is None:
            self.line += 1
            raise Broken("the export is cut short: no checkpoint")

    def entry(self, line: bytes) -> None:
        self.give_up_due()
        try:
            text = line.decode()
            entry, end = read_json(text)
            if end != len(text) - 1 or type(entry["seq"]) is not int:
                raise ValueError("not one object with its number")
            if entry["seq"] != self.entries or entry["tenant"] != self.tenant:
                raise ValueError(f"it is {entry['seq']} of {entry['tenant']}, not {self.entries} of {self.tenant}")
            self.due = [(each["name"], each["digest"]) for each in entry["payloads"]]
            if entry["kind"] == "payload.erased":
                for each in entry["erased"]:
                    if self.missing.pop((each["seq"], each["name"]), None) is None:
                        raise ValueError(f"it calls erased what was not missing: {each['name']} of {each['seq']}")
                    self.erased += 1
        except UNREADABLE as error:
            raise Broken(f"not the entry that belongs here: {error}") from None
        top, rest = sha256(b"\x00" + line[:-1]).digest(), self.entries
        while rest & 1:
            top = sha256(b"\x01" + self.trees.pop() + top).digest()
            rest >>= 1
        self.trees.append(top)
        self.entries += 1
        if self.entries in self.since:
            self.compare_since()

    def payload(self, line: bytes) -> None:
        end = b'","seq":%d}\n' % (self.entries - 1)
        salt = line[-len(end) - 44 : -len(end)]
        while self.due:
            name, digest = self.due.pop(0)
            start = f'{{"name":"{name}","payload":'.encode()
            if not line.startswith(start):
                self.missing[self.entries - 1, name] = self.line
                continue
            content = line[len(start) : -len(end) - 44 - 9]
            try:
                known = "sha256:" + sha256(strict_base64(salt, 32) + content).hexdigest()
            except ValueError:
                known = "unknown"
            if digest != known or line != start + content + b',"salt":"' + salt + end:
                raise Broken(f"not the payload {name} that entry {self.entries - 1} holds the digest of")
            self.payloads += 1
            return
        raise Broken("no entry has a payload here")

    def give_up_due(self) -> None:
        for name, _ in self.due:
            self.missing[self.entries - 1, name] = self.line
        self.due = []

    def compare_since(self) -> None:
        if any(root != self.root() for root in self.since.get(self.entries, ())):
            raise Broken(f"the first {self.entries} entries are not those of an older checkpoint: it was rewritten")

    def checkpoint(self, line: bytes) -> None:
        self.give_up_due()
        try:
            note, _ = read_json(line.decode(), len('{"checkpoint":'))
            self.size, root = self.key.open(note)
            if line != b'{"checkpoint":%s}\n' % json.dumps(note, ensure_ascii=False).encode():
                raise ValueError("the line is written in another way")
        except UNREADABLE as error:
            raise Broken(f"the checkpoint does not hold: {error}") from None
        if self.size != self.entries:
            raise Broken(f"the checkpoint is of {self.size} entries, the export has {self.entries}")
        if root != self.root():
            raise Broken("the entries do not give the signed root: bytes of at least one were changed")
        if max(self.since, default=0) > self.size:
            raise Broken(f"an older checkpoint has {max(self.since)} entries: the log was rolled back")
        if self.missing:
            (seq, name), self.line = next(iter(self.missing.items()))
            raise Broken(f"payload {name} of entry {seq} is missing, and no later entry says that it was erased")


def verify(export: BinaryIO, key: Key, since: Mapping[int, set[bytes]]) -> Result:
    """Checks an export from its first byte to its last. Raises OSError where it cannot be read."""
    check, reason = Check(key, since), None
    try:
        check.run(iter(partial(export.readline, LONGEST_LINE), b""))
    except Broken as broken:
        reason = str(broken)
    return Result(
        reason is None, key.name, check.entries, check.payloads, check.erased, check.size, check.root().hex(),
        check.line if reason else None, reason,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks an exported log. Exit: 0 holds, 1 broken, 2 unusable input.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--public-key", type=Path, required=True, help="file with the log's verifier key, one line")
    parser.add_argument("--since", type=Path, help="file with checkpoints of this log that were kept elsewhere")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        key = Key(options.public_key.read_bytes().decode())
        since = key.open_all(options.since.read_bytes().decode()) if options.since else {}
        with options.file.open("rb") as export:
            found = verify(export, key, since)
    except (OSError, UnicodeDecodeError, Unusable) as error:
        code, told, said = 2, {"holds": None, "reason": str(error)}, f"unusable input: {error}"
    else:
        code, told, said = (0 if found.holds else 1), asdict(found), f"BROKEN at line {found.line}: {found.reason}"
        if found.holds:
            said = f"holds: {found.entries} entries, {found.payloads} payloads, {found.erased} erased; {found.root}"
    sys.stdout.write((json.dumps(told) if options.json else said) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
