"""The verifier finds every change of an export: each byte, each line, each end."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.unit.app.audit.exports import EXPORT, LINES, SMALL, Said, check, export_lines


def bytes_changed(export: bytes, others: Sequence[int] | None = None) -> Iterator[bytes]:
    for at, byte in enumerate(export):
        for other in others or {byte ^ 1, byte ^ 0x20, byte ^ 0x80, 0, 10, 13, 32, 34, 48, 61} - {byte}:
            if other != byte:
                yield export[:at] + bytes([other]) + export[at + 1 :]


def bytes_deleted(export: bytes) -> Iterator[bytes]:
    for at in range(len(export)):
        if export[at : at + 1] != export[at - 1 : at]:  # of two equal bytes either one is the same deletion
            yield export[:at] + export[at + 1 :]


def bytes_inserted(export: bytes) -> Iterator[bytes]:
    for at in range(len(export) + 1):
        for byte in {10, 13, 32, 48, 0xC3, export[at - 1]}:
            yield export[:at] + bytes([byte]) + export[at:]


def truncated(export: bytes) -> Iterator[bytes]:
    for at in range(len(export)):
        yield export[:at]
        yield export[at + 1 :]
        yield export[:at] + b"\n"


def lines_deleted(lines: Sequence[bytes]) -> Iterator[bytes]:
    for start in range(len(lines)):
        for end in range(start + 1, len(lines) + 1):
            yield b"".join([*lines[:start], *lines[end:]])


def lines_swapped(lines: Sequence[bytes]) -> Iterator[bytes]:
    for one in range(len(lines)):
        for other in range(one + 1, len(lines)):
            swapped = list(lines)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield b"".join(swapped)


def lines_moved(lines: Sequence[bytes]) -> Iterator[bytes]:
    for one in range(len(lines)):
        rest = [*lines[:one], *lines[one + 1 :]]
        for at in range(len(lines)):
            if at != one:
                yield b"".join([*rest[:at], lines[one], *rest[at:]])


def lines_inserted(lines: Sequence[bytes]) -> Iterator[bytes]:
    whole = export_lines([Said(each.payloads, erased=each.erased) for each in SMALL])
    foreign = export_lines([*SMALL[:2], Said(case="cas_9")])
    strangers = [*lines, *whole, *foreign, b"\n", b"{}\n", b"[]\n", b"null\n", b"\r\n", b" \n", b"\xef\xbb\xbf"]
    for at in range(len(lines) + 1):
        for stranger in dict.fromkeys(strangers):
            yield b"".join([*lines[:at], stranger, *lines[at:]])


TAMPERED: dict[str, Callable[[], Iterator[bytes]]] = {
    "bytes-changed": lambda: bytes_changed(EXPORT),
    "bytes-deleted": lambda: bytes_deleted(EXPORT),
    "bytes-inserted": lambda: bytes_inserted(EXPORT),
    "truncated": lambda: truncated(EXPORT),
    "runs-of-lines-deleted": lambda: lines_deleted(LINES),
    "two-lines-swapped": lambda: lines_swapped(LINES),
    "a-line-moved": lambda: lines_moved(LINES),
    "a-line-inserted": lambda: lines_inserted(LINES),
}


def tampered(name: str) -> Iterator[bytes]:
    return (export for export in TAMPERED[name]() if export != EXPORT)


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=f"{name}-{sum(1 for _ in tampered(name))}-tried") for name in TAMPERED]
)
def test_every_tampered_export_is_found(name: str) -> None:
    for export in tampered(name):
        result = check(export)
        assert not result.holds, export
        assert result.line is not None
        assert result.reason


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("export", [pytest.param(EXPORT, id=f"{255 * len(EXPORT)}-tried")])
def test_every_other_value_of_every_byte_is_found(export: bytes) -> None:
    assert check(export).holds
    for changed in bytes_changed(export, range(256)):
        assert not check(changed).holds, changed
