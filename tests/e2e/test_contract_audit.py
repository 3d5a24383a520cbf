"""The log: entries, checkpoint, proofs, export, and its verifier, against an auditor's own arithmetic."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from tests.e2e.site import Site, problem
from tests.e2e.transparency import Checkpoint, consistent, included, leaf_hash, opened, root_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    done = site.installation.run("audit", "key", "--tenant", "demo")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def rejected(site: Site) -> dict[str, Any]:
    """A review that the delivery lead rejected."""
    review: dict[str, Any] = site.change_request()["reviews"][0]
    assert site.verdict(review, "reject", "delivery_lead").status_code == 200
    return review


def _proof(found: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(each, validate=True) for each in found["proof"]]


def _checkpoint(site: Site, key: str) -> Checkpoint:
    found = site.read("/v1/audit/checkpoint", "auditor")
    assert found["verifier_key"] == key
    made = opened(found["checkpoint"], key)
    assert made.size == found["size"]
    return made


def _leaves(export: bytes) -> list[bytes]:
    """Lines that are entries, in order; a leaf is its line's exact bytes."""
    lines = export.split(b"\n")
    assert lines.pop() == b""
    return [line for line in lines if json.loads(line).keys() >= {"seq", "kind", "actor"}]


def test_entries_are_in_order_without_gaps(site: Site, rejected: dict[str, Any]) -> None:
    found = list(site.every("/v1/audit/entries", "auditor", page=37))
    assert [each["seq"] for each in found] == list(range(len(found)))
    for each in found:
        assert each.keys() >= {"seq", "kind", "at", "actor", "surface", "leaf_hash", "tenant"}
        assert each["tenant"] == "demo"
        assert len(base64.b64decode(each["leaf_hash"], validate=True)) == 32
    verdict = next(e for e in found if e["kind"] == "verdict.given" and e["refs"]["review"] == rejected["id"])
    assert verdict["actor"]["id"] == site.principals["delivery_lead"]
    assert [grant["role"] for grant in verdict["actor"]["grants"]] == ["delivery_lead"]
    assert verdict["actor"]["signed_in_how"] == "token"
    assert verdict["digests"]["shown"].startswith("sha256:")
    assert verdict["surface"] == "api"


def test_no_entry_holds_what_people_wrote(site: Site) -> None:
    words = site.happened["psa.change_request.submitted"][0]["data"]["text"][:20]
    shown = site.change_request()["events"][0]["data"]["text"]
    assert shown.startswith(words)
    assert words not in json.dumps(list(site.every("/v1/audit/entries", "auditor")), ensure_ascii=False)


def test_the_checkpoint_is_signed_by_the_key(site: Site, key: str) -> None:
    found = site.read("/v1/audit/checkpoint", "auditor")
    opened(found["checkpoint"], key)
    for wrong in (found["checkpoint"].replace("\n", "0\n", 2), found["checkpoint"].replace("demo", "dem0", 1)):
        with pytest.raises((InvalidSignature, AssertionError)):
            opened(wrong, key)


def test_inclusion_proofs(site: Site, key: str) -> None:
    head = _checkpoint(site, key)
    for seq in {0, 1, 2, 3, head.size // 2, head.size - 2, head.size - 1}:
        found = site.read("/v1/audit/proofs/inclusion", "auditor", seq=str(seq), size=str(head.size))
        leaf, proof = base64.b64decode(found["leaf_hash"]), _proof(found)
        assert (found["seq"], found["size"]) == (seq, head.size)
        assert included(leaf, seq, head.size, proof, head.root)
        assert not included(leaf, (seq + 1) % head.size, head.size, proof, head.root)
        assert not included(leaf_hash(b"{}"), seq, head.size, proof, head.root)
    problem(site.get("/v1/audit/proofs/inclusion", "auditor", seq=str(10**9)), 422, "invalid_query", "/seq")
    problem(site.get("/v1/audit/proofs/inclusion", "auditor"), 422, "invalid_query", "/seq")


def test_consistency_proofs(site: Site, key: str) -> None:
    older = _checkpoint(site, key)
    site.asked("ticket", "The dashboard is empty.")
    newer = _checkpoint(site, key)
    assert newer.size > older.size
    query = {"old": str(older.size), "new": str(newer.size)}
    proof = _proof(site.read("/v1/audit/proofs/consistency", "auditor", **query))
    assert consistent(older.size, newer.size, proof, older.root, newer.root)
    assert not consistent(older.size, newer.size, proof, newer.root, newer.root)
    same = site.read("/v1/audit/proofs/consistency", "auditor", old=str(newer.size), new=str(newer.size))
    assert consistent(newer.size, newer.size, _proof(same), newer.root, newer.root)
    leaves = _leaves(site.get("/v1/audit/export", "auditor").content)
    hashes = [leaf_hash(leaf) for leaf in leaves][: newer.size]
    for old in (1, 2, 3, 4, 7, 8, newer.size - 1):
        found = site.read("/v1/audit/proofs/consistency", "auditor", old=str(old), new=str(newer.size))
        assert consistent(old, newer.size, _proof(found), root_of(hashes[:old]), newer.root)
    problem(site.get("/v1/audit/proofs/consistency", "auditor", old="9", new="3"), 422, "invalid_query")


def test_the_exports_lines_are_the_leaves(site: Site, key: str, tmp_path: Path) -> None:
    export = site.get("/v1/audit/export", "auditor")
    assert "content-encoding" not in export.headers
    leaves = _leaves(export.content)
    signed = json.loads(export.content.splitlines()[-1])["checkpoint"]
    head = opened(signed, key)
    assert head.size == len(leaves)
    assert root_of([leaf_hash(leaf) for leaf in leaves]) == head.root
    shown = list(site.every("/v1/audit/entries", "auditor"))
    assert [base64.b64decode(each["leaf_hash"]) for each in shown][: head.size] == [leaf_hash(each) for each in leaves]
    assert [json.loads(leaf)["seq"] for leaf in leaves] == list(range(head.size))


def test_audit_verify(site: Site, key: str, tmp_path: Path) -> None:
    keyfile, export, kept = tmp_path / "key", tmp_path / "log.jsonl", tmp_path / "checkpoint"
    keyfile.write_text(key + "\n")
    kept.write_text(site.read("/v1/audit/checkpoint", "auditor")["checkpoint"])
    done = site.installation.run("audit", "export", "--out", str(export), "--tenant", "demo")
    assert done.returncode == 0, done.stderr

    def verified(*more: str, file: Path = export) -> int:
        return site.installation.run("audit", "verify", str(file), "--public-key", str(keyfile), *more).returncode

    assert verified() == 0
    assert verified("--since", str(kept)) == 0
    over_http = tmp_path / "http.jsonl"
    over_http.write_bytes(site.get("/v1/audit/export", "auditor").content)
    assert verified(file=over_http) == 0
    whole = export.read_bytes()
    broken = tmp_path / "broken.jsonl"
    middle = len(whole) // 2
    lines = whole.splitlines(keepends=True)
    for wrong in (
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], b"".join(lines[1:]), b"".join(lines[:-1]),
        b"".join([*lines[:4], *lines[6:]]), b"".join([lines[2], *lines[:2], *lines[3:]]), whole + lines[0],
    ):  # fmt: skip
        broken.write_bytes(wrong)
        assert verified(file=broken) == 1
    assert verified(file=tmp_path / "none") == 2
    keyfile.write_text("no key\n")
    assert verified() == 2


def test_the_log_is_for_those_who_may_read_it(site: Site) -> None:
    for path in ("entries", "checkpoint", "export", "proofs/inclusion?seq=0", "proofs/consistency?old=1"):
        for who in ("viewer", "reviewer", "delivery_lead", "finance"):
            problem(site.get(f"/v1/audit/{path}", who), 403, "not_permitted")
        for who in ("auditor", "compliance", "admin"):
            assert site.get(f"/v1/audit/{path}", who).status_code == 200


def test_another_tenants_log_is_another_log(site: Site, key: str) -> None:
    theirs = site.read("/v1/audit/checkpoint", "stranger")
    with pytest.raises((InvalidSignature, AssertionError)):
        opened(theirs["checkpoint"], key)
    assert {each["tenant"] for each in site.every("/v1/audit/entries", "stranger")} == {"other"}
