"""Blanks the unused room in the files of a Chroma vector index.

Chroma 1.5.9 writes a new HNSW index to disk at its full capacity of 100 elements before it holds any, straight from
uninitialised memory: 160 kB of whatever the process freed before, such as vectors of another tenant or of a person just
erased. (Measured: in 7 of 8 new indexes.) What it writes later is as long as its elements.
"""

import os
import struct
from pathlib import Path

_HEADER = struct.Struct("<i5Q")
"""Start of `header.bin`: format, offset of level 0, capacity, elements, bytes an element, offset of its label."""

_FORMAT = 1
_LENGTH_BYTES = 4


def blank_slack(folder: Path) -> None:
    """Overwrites with zeros what lies behind the last element, in the files of every index in a Chroma folder.

    To be called when no write is under way. Raises ValueError when an index has an unknown format.
    """
    for header in folder.glob("*/header.bin"):
        with header.open("rb") as file:
            start = file.read(_HEADER.size)
        if len(start) < _HEADER.size:
            raise ValueError("the header of a vector index is cut short")
        form, _, _, elements, size, _ = _HEADER.unpack(start)
        if form != _FORMAT:
            raise ValueError(f"a vector index has format {form}, known is {_FORMAT}")
        _blank(header.with_name("data_level0.bin"), elements * size)
        _blank(header.with_name("length.bin"), elements * _LENGTH_BYTES)


def _blank(path: Path, used: int) -> None:
    with path.open("r+b") as file:
        slack = file.seek(0, os.SEEK_END) - used
        if slack > 0:
            file.seek(used)
            file.write(bytes(slack))
            file.flush()
            os.fsync(file.fileno())
