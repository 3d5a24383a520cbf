"""The verifier finds what is wrong with an export, says what it found, and needs nothing but its one file."""

import ast
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import app.audit.verify
from app.audit.leaf import checkpoint_line
from app.audit.note import SigningKey
from app.audit.verify import Key, Unusable, verify
from tests.unit.app.audit.exports import (
    EXPORT,
    KEY,
    LINES,
    PUBLIC,
    SMALL,
    Said,
    check,
    checkpoint,
    export_lines,
    leaves,
    signed,
)


def test_an_honest_export_holds() -> None:
    result = check(EXPORT)
    assert (result.holds, result.entries, result.payloads, result.erased, result.size) == (True, 4, 2, 1, 4)
    assert (result.line, result.reason) == (None, None)
    assert b"bitte" in EXPORT


def test_an_empty_log_holds() -> None:
    result = check(b"".join(export_lines([])))
    assert (result.holds, result.entries, result.size) == (True, 0, 0)


def test_where_and_why_a_log_is_broken() -> None:
    assert (check(EXPORT[:-1]).line, check(EXPORT[:-1]).reason) == (7, "the line is cut short, or too long")
    missing = check(b"".join([LINES[0], *LINES[2:]]))
    assert missing.line == 2
    assert "payload comment of entry 0 is missing" in str(missing.reason)
    assert check(b"".join([*LINES[:2], *LINES[3:]])).line == 3
    assert check(b"".join(LINES[:-1])).reason == "the export is cut short: no checkpoint"
    assert "bytes of at least one" in str(check(EXPORT.replace(b"cas_1", b"cas_2", 1)).reason)


def test_a_checkpoint_of_another_log_or_key_does_not_hold() -> None:
    other = SigningKey(bytes(32))
    assert not check(b"".join(export_lines(SMALL, key=other))).holds
    assert not check(b"".join(export_lines(SMALL, tenant="other"))).holds
    as_other = Key(str(KEY.verifier("other")))
    assert check(b"".join(export_lines(SMALL, tenant="other")), key=as_other).holds
    assert not check(EXPORT, key=as_other).holds
    # Another tenant's entries under a checkpoint of this one, as only the key's holder could sign it.
    foreign = leaves([Said()], tenant="other")
    assert not check(signed(foreign)).holds


def test_rollback_and_rewrite_by_the_keys_holder_are_found_with_since() -> None:
    longer = [*SMALL, Said(case="cas_2"), Said(case="cas_3")]
    outside = "\n".join(checkpoint(leaves(longer)[:size]) for size in (2, 5))
    assert check(b"".join(export_lines(longer)), outside).holds
    rolled_back = check(EXPORT, outside)
    assert "rolled back" in str(rolled_back.reason)
    for changed in range(5):
        rewritten = longer.copy()
        rewritten[changed] = Said(case="cas_9", payloads=longer[changed].payloads, erased=longer[changed].erased,
                                  absent=longer[changed].absent)  # fmt: skip
        export = b"".join(export_lines(rewritten))
        assert check(export).holds
        found = check(export, outside)
        assert "rewritten" in str(found.reason)
        assert found.entries == (2 if changed < 2 else 5)
    # What was appended after the newest checkpoint can still be rewritten: nobody else has seen it.
    assert check(b"".join(export_lines([*longer[:5], Said(case="cas_9")])), outside).holds


def test_two_outside_checkpoints_that_contradict_each_other_never_hold() -> None:
    outside = checkpoint(leaves(SMALL)[:2]) + "\n" + checkpoint(leaves([Said(), Said()]))
    assert "rewritten" in str(check(EXPORT, outside).reason)


def test_since_takes_the_outside_file_with_other_logs_in_it() -> None:
    mine, other = checkpoint(leaves(SMALL)[:3]), checkpoint(leaves([Said()], "other"), "other")
    for text in (mine, mine + "\n", f"{other}\n{mine}\n", f"{mine}\n{other}\n{mine}\n"):
        assert check(EXPORT, text).holds
    assert check(EXPORT, checkpoint([])).holds
    for text in ("", other, mine[:-2], mine.replace("\n3\n", "\n2\n"), mine + mine, other + mine):
        with pytest.raises(Unusable):
            PUBLIC.open_all(text)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([Said({"a": 1}, absent="a")], id="nothing says so"),
        pytest.param([Said({"a": 1}, absent="a"), Said(erased=[(0, "b")])], id="another is named"),
        pytest.param([Said(), Said({"a": 1}, absent="a"), Said(erased=[(0, "a")])], id="another entry's is named"),
        pytest.param([Said(erased=[(1, "a")]), Said({"a": 1}, absent="a")], id="said before there was one"),
        pytest.param([Said({"a": 1}), Said(erased=[(0, "a")])], id="it is still there"),
        pytest.param([Said({"a": 1}, absent="a"), Said(erased=[(0, "a"), (0, "a")])], id="said twice"),
        pytest.param([Said(erased=[(7, "a")])], id="of no entry"),
    ],
)
def test_an_erasure_must_be_on_the_record(said: list[Said]) -> None:
    assert not check(b"".join(export_lines(said))).holds


def test_only_an_entry_of_its_kind_erases() -> None:
    gone, says = leaves([Said({"a": 1}, absent="a"), Said(erased=[(0, "a")])])
    assert check(signed([gone, says])).erased == 1
    assert not check(signed([gone, says.replace(b"payload.erased", b"case.noted")])).holds


ODD = b'"seq":0,"tenant":"acme"'


@pytest.mark.parametrize(
    "leaf",
    [
        b"{" + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"seq":0,' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":{"a":1,"a":1},' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":1.0,' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":NaN,' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"seq":false,"tenant":"acme"}',
        b'{"kind":"a.b","payloads":[],"seq":1,"tenant":"acme"}',
        b'{"kind":"a.b","payloads":[1],' + ODD + b"}",
        b'{"kind":"a.b","payloads":{"a":1},' + ODD + b"}",
        b'{"kind":"payload.erased","payloads":[],' + ODD + b"}",
        b'{"kind":"payload.erased","payloads":[],"erased":[{"seq":[],"name":"a"}],' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":' + b"[" * 100_000 + b"]" * 100_000 + b"," + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":' + b"9" * 5000 + b"," + ODD + b"}",
        b'{"kind":"a.b","payloads":[],"x":"\xff",' + ODD + b"}",
        b'{"kind":"a.b","payloads":[],' + ODD + b"}{}",
        b'{"kind":"a.b","payloads":[],' + ODD + b"} ",
        b' {"kind":"a.b","payloads":[],' + ODD + b"}",
        b"[]",
        b"",
    ],
    ids=lambda leaf: leaf[:60].decode(errors="replace"),
)
def test_an_entry_that_can_be_read_in_two_ways_is_refused_though_it_is_signed(leaf: bytes) -> None:
    result = check(signed([leaf]))
    assert not result.holds
    assert result.line == 1


@pytest.mark.parametrize(
    "note",
    [b"1", b'"a"', b"{}", b"null", b'"\\ud800"', b"[" * 100_000, b'"a\\nb\\nc\\n\\n\\u2014 d e\\n"', b"1.5", b""],
)
def test_a_checkpoint_line_of_another_kind_is_refused(note: bytes) -> None:
    result = check(b'{"checkpoint":' + note + b"}\n")
    assert not result.holds
    assert result.line == 1


def test_a_checkpoint_that_the_key_signed_must_still_be_right() -> None:
    origin, size, root, *_ = checkpoint(leaves(SMALL)).split("\n")
    for text in (
        f"{origin}\n5\n{root}\n",
        f"{origin}\n04\n{root}\n",
        f"{origin}\n\u0664\n{root}\n",
        f"{origin}\n4\n\n",
    ):
        assert not check(b"".join([*LINES[:-1], checkpoint_line(KEY.sign(origin, text))])).holds
    assert size == "4"
    assert "rewritten" in str(check(EXPORT, KEY.checkpoint("acme", 0, bytes(32))).reason)


def test_a_payload_line_cannot_overlap_itself() -> None:
    """The name, the salt and the end of a line must not share bytes, however short the content."""
    leaf, line, end = export_lines([Said({"c": 1})])
    assert check(leaf + line + end).holds
    for head in range(1, len(line)):
        for tail in range(1, len(line)):
            if (short := line[:head] + line[-tail:]) != line:
                assert not check(leaf + short + end).holds, short


def test_no_longer_line_is_taken_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.audit.verify, "LONGEST_LINE", 1000)
    assert check(EXPORT).holds
    assert check(b"x" * 5000 + b"\n").reason == "the line is cut short, or too long"


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    said = [Said({"text": "x" * 500}) for _ in range(5000)]
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(export_lines(said)))
    assert path.stat().st_size > 4_000_000
    with path.open("rb") as file:
        tracemalloc.start()
        result = verify(file, PUBLIC, {})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert result.holds
    assert peak < 300_000


SOURCE = Path(app.audit.verify.__file__)


def test_it_imports_the_standard_library_and_cryptography_alone() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def run_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    alone = folder / "verify.py"
    alone.write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", str(alone), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_runs_alone_and_its_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(EXPORT)
    (tmp_path / "broken.jsonl").write_bytes(EXPORT[:-1])
    (tmp_path / "key").write_text(f"{KEY.verifier('acme')}\n")
    (tmp_path / "since").write_text(checkpoint(leaves(SMALL)[:2]))
    (tmp_path / "later").write_text(checkpoint(leaves([*SMALL, Said()])))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    key = ("--public-key", "key")
    held = run_alone(tmp_path, "log.jsonl", *key, "--since", "since", "--json")
    assert held.returncode == 0
    assert json.loads(held.stdout)["holds"] is True
    assert json.loads(held.stdout)["erased"] == 1
    assert run_alone(tmp_path, "log.jsonl", *key).stdout.startswith("holds: 4 entries, 2 payloads, 1 erased")
    broken = run_alone(tmp_path, "broken.jsonl", *key, "--json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["line"] == 7
    assert run_alone(tmp_path, "log.jsonl", *key, "--since", "later").returncode == 1
    for unusable in (
        ("no such file", *key), (".", *key), ("log.jsonl", "--public-key", "log.jsonl"),
        ("log.jsonl", "--public-key", "binary"), ("log.jsonl", "--public-key", "no such file"),
        ("log.jsonl", *key, "--since", "key"), ("log.jsonl", *key, "--since", "binary"), (*key,), ("log.jsonl",),
    ):  # fmt: skip
        refused = run_alone(tmp_path, *unusable)
        assert refused.returncode == 2, unusable
        assert "Traceback" not in refused.stderr


NAME, NUMBER, ENCODED = str(KEY.verifier("acme")).split("+", 2)


@pytest.mark.parametrize(
    "key",
    [
        "", "a+b", "a+b+c", f"{NAME}+{NUMBER}+{ENCODED[:-1]}", f"{NAME}+{NUMBER}+{ENCODED}\n\n",
        f"{NAME}+00000000+{ENCODED}",
        f"{NAME}+{NUMBER.upper()}+{ENCODED}", f"x{NAME}+{NUMBER}+{ENCODED}", f"{NAME}+{NUMBER}+C{ENCODED[1:]}",
    ],
)  # fmt: skip
def test_what_is_no_key_is_unusable(key: str) -> None:
    with pytest.raises(Unusable):
        Key(key)


def test_the_checkpoint_line_has_one_form() -> None:
    note = checkpoint(leaves(SMALL))
    line = checkpoint_line(note)
    escaped = json.dumps({"checkpoint": note}, separators=(",", ":")).encode() + b"\n"
    assert json.loads(escaped) == json.loads(line)
    assert not check(b"".join([*LINES[:-1], escaped])).holds
