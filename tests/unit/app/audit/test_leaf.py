"""A leaf is canonical, comes back as the entry it was, and takes nothing that could be a person's words."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.actor import Actor, Grant, system_actor
from app.audit.leaf import Entry, LoggedActor, PayloadRef, Record, payload_digest, payload_line

NOW = datetime(2026, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)
DIGEST = "sha256:" + "ab" * 32
PERSON = LoggedActor.of(
    Actor(
        "prn_1", "acme", "Ada Lovelace", "person", (Grant("finance"), Grant("reviewer", "emea", "prn_2")), "web",
        limit_minor=500_000, signed_in_how="link", signed_in_at=NOW,
    ),
    delegated_by="prn_2",
)  # fmt: skip
FULL: dict[str, Any] = {
    "kind": "verdict.given", "actor": PERSON, "surface": "web", "refs": {"case": "cas_1", "review": "rev_1"},
    "digests": {"args": DIGEST, "shown": DIGEST}, "versions": {"model": "embedded-1"}, "shown_at": NOW,
    "details": {"verdict": "approve", "score": 41, "observed": False, "rules": ["a", "b"], "note": None},
    "seq": 3, "tenant": "acme", "at": NOW,
    "payloads": (PayloadRef(name="comment", subject="sub_1", digest=DIGEST),),
}  # fmt: skip


def test_a_leaf_is_canonical_json_and_comes_back() -> None:
    entry = Entry(**FULL)
    leaf = entry.leaf()
    assert Entry.from_leaf(leaf) == entry
    # Keys are ASCII and no value is a float, so sorting by code point and Python's escapes are RFC 8785's.
    assert leaf == json.dumps(json.loads(leaf), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert json.loads(leaf)["at"] == "2026-03-02T09:00:00.123Z"
    assert b"Ada" not in leaf
    assert leaf.startswith(b'{"actor":')  # an export tells the three kinds of lines apart by their first name


def test_times_are_cut_to_milliseconds_in_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert Entry(**FULL | {"at": elsewhere}).leaf() == Entry(**FULL).leaf()


names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
codes = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="@"), min_size=1, max_size=20)
whole = st.integers(-(2**53) + 1, 2**53 - 1)


@given(
    seq=st.integers(0, 2**53 - 1),
    at=st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),
    details=st.dictionaries(names, codes | whole | st.booleans() | st.none() | st.lists(codes, max_size=4), max_size=6),
    payload_names=st.lists(names, unique=True, max_size=4),
)
def test_every_entry_comes_back(seq: int, at: datetime, details: Any, payload_names: list[str]) -> None:
    payloads = tuple(PayloadRef(name=name, subject="sub_1", digest=DIGEST) for name in sorted(payload_names))
    entry = Entry(**FULL | {"seq": seq, "at": at, "details": details, "payloads": payloads})
    assert Entry.from_leaf(entry.leaf()) == entry
    assert b"\n" not in entry.leaf()


@pytest.mark.parametrize(
    "change",
    [
        {"seq": -1},
        {"seq": 2**53},
        {"seq": 1.0},
        {"seq": "3"},
        {"seq": True},
        {"kind": "verdict"},
        {"kind": "Verdict.given"},
        {"at": datetime(2026, 3, 2)},
        {"surface": "telephone"},
        {"refs": {"case": "cas 1"}},
        {"refs": {"neighbour": "x"}},
        {"digests": {"args": "sha256:short"}},
        {"digests": {"args": DIGEST.upper()}},
        {"details": {"words": "two words"}},
        {"details": {"mail": "ada@example.com"}},
        {"details": {"name": "Zoë"}},
        {"details": {"ratio": 0.5}},
        {"details": {"rules": ["two words"]}},
        {"details": {"Größe": 1}},
        {"details": {"big": 2**53}},
        {"details": {"deep": {"a": 1}}},
        {
            "payloads": (
                PayloadRef(name="b", subject="s", digest=DIGEST),
                PayloadRef(name="a", subject="s", digest=DIGEST),
            )
        },
        {"payloads": (PayloadRef(name="a", subject="s", digest=DIGEST),) * 2},
        {"erased": ()},
        {"kind": "payload.erased"},
        {"comment": "free text"},
    ],
    ids=str,
)
def test_what_does_not_belong_in_a_leaf_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Entry(**FULL | change)


def test_a_leaf_in_another_form_is_refused() -> None:
    leaf = Entry(**FULL).leaf()
    for other in (
        leaf + b" ",
        leaf.replace(b":", b": ", 1),
        json.dumps(dict(reversed(json.loads(leaf).items()))).encode(),
    ):
        with pytest.raises(ValueError, match="canonical"):
            Entry.from_leaf(other)


def test_the_service_itself_is_an_actor() -> None:
    logged = LoggedActor.of(system_actor("acme", "worker"))
    record = Record(kind="case.opened", actor=logged, surface="worker")
    assert (record.actor.id, record.actor.kind, record.actor.grants) == ("system/worker", "system", ())


def test_a_payloads_digest_needs_its_whole_salt() -> None:
    assert payload_digest(bytes(32), b"{}") != payload_digest(bytes(31) + b"\x01", b"{}")
    with pytest.raises(ValueError, match="32"):
        payload_digest(b"short", b"{}")


def test_a_payload_line() -> None:
    line = payload_line("text", 4, bytes(32), b'{"a":1}')
    assert line == b'{"name":"text","payload":{"a":1},"salt":"' + b"A" * 43 + b'=","seq":4}\n'
