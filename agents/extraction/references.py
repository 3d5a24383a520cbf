"""References: ids of records as they are written, such as PRJ-1042, INV-2026-0071 or SOW 12."""

import re
from collections.abc import Collection, Iterator

from agents.extraction.mention import Mention

_KEPT = r"SOW|PO|MSA|CR|RFC|DPA|SLA"
_LETTERED = re.compile(r"(?<![\w@./-])[A-Za-z]{2,8}-(?=[\w/-]*\d)\d?\w+(?:[-/]\w+)*(?![\w@-])")
_CALLED = re.compile(rf"\b(?:{_KEPT})[ #-]*(?:no\.? ?|nr\.? ?)?\d[\w/-]*\b")
_NUMBERED = re.compile(
    r"\b(?:invoice|inv|project|contract|ticket|order|quote|rechnung|projekt|vertrag|bestellung|auftrag|angebot)"
    r"(?:s?nummer)?(?:[ -](?:no|nr|number|#)\.?)?[ :#]+(?P<id>\d[\w-]*[-/]\w+|\d{4,})\b",
    re.IGNORECASE,
)
_COMMON = re.compile(r"(?i:(?:covid|iso|utf|sha|mp|wi|en|din|bs|gpt|a|b2)-\w+|\w+-(?:day|week|hour|month|year)s?)\Z")


def references(text: str, known: Collection[str] | None = None) -> Iterator[Mention]:
    """Records that the text names; of several readings of a place the longest. With `known`, no others."""
    if known is not None:
        named = {ident.casefold(): ident for ident in known}
        if named:
            idents = "|".join(sorted(map(re.escape, named), key=len, reverse=True))
            for one in re.finditer(rf"(?<![\w-])(?:{idents})(?![\w-])", text, re.IGNORECASE):
                yield Mention("record", *one.span(), name=named[one.group().casefold()])
        return
    taken: list[tuple[int, int]] = []
    for pattern in (_LETTERED, _CALLED, _NUMBERED):
        for one in pattern.finditer(text):
            start, end = one.span("id") if pattern is _NUMBERED else one.span()
            if not _COMMON.match(text[start:end]) and not any(start < right and left < end for left, right in taken):
                taken.append((start, end))
                yield Mention("record", start, end, name=text[start:end])
