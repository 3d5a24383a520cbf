"""The newest part of a mail: what its writer wrote, without what is quoted or forwarded below."""

import re

_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_BELOW = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original|forwarded|ursprüngliche|weitergeleitete)\b.*"
    r"|on\b[^\n]{5,120}\bwrote:|am\b[^\n]{5,120}\bschrieb\b[^\n]{0,80}:|[^\n>]{2,80}\b(?:wrote|schrieb):"
    r"|(?:from|von):[^\n]+\n[ \t]*(?:sent|date|to|gesendet|datum|an):)",
    re.IGNORECASE | re.MULTILINE,
)


def newest(text: str) -> str:
    """The text with the quoted parts blanked, so that places in it stay; as it is where nothing else is in it."""
    kept = _QUOTED.sub(lambda line: " " * len(line.group()), text)
    below = _BELOW.search(kept)
    if below is not None:
        kept = kept[: below.start()] + re.sub(r"[^\n]", " ", kept[below.start() :])
    return kept if any(map(str.isalnum, kept)) else text
