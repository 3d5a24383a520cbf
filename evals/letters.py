"""Letters judged by rules of their own, apart from the product's grounding: grounded, complete, tone, language.

What may be in a letter is written down with each case; here it is only looked for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agents.reasoners.embedded.language import language_of

Case = Mapping[str, Any]
Letter = Mapping[str, Any]

_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|\bwww\.\S+|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,}")
_NAME = re.compile(r"(?<![.!?:\n] )(?<!^)(?<!\n)\b[A-ZÄÖÜÉ][\w'’-]+")
_ID = re.compile(r"\b(?:prj|cus|ctr|cnt|per|mst|inv|tic|crq|prp|cas|rev)[-_][\w-]+")
_SHOUTED = re.compile(r"\b[A-ZÄÖÜ]{3,}\b")
_PROMISED = (
    "guarantee", "we promise", "free of charge", "at no cost", "no extra cost", "refund", "compensat", "discount",
    "credit note", "we approve", "has been approved", "is approved", "liable", "garantier", "kostenlos", "gutschrift",
    "gratuit", "rembours",
)  # fmt: skip
_UNKIND = (
    "your fault", "you failed", "as you should know", "obviously", "unfortunately for you", "calm down", "ridiculous",
    "stop complaining", "not our problem", "you must ", "you have to ", "immediately respond", "final warning",
    "our fault", "our mistake", "we messed up",
)  # fmt: skip
_INSIDE = (
    "risk score", "policy", "confidence", "approval queue", "the assistant", "language model", "as an ai", "rule ",
)  # fmt: skip
_ORDINARY = frozenset(
    [
        "Dear", "Kind", "Regards", "Sir", "Madam", "Mr", "Ms", "Mrs", "Dr", "Sincerely", "Yours", "Hello", "Guten",
        "Tag", "Sehr", "Herr", "Frau", "Mit", "Freundlichen", "Bonjour", "Madame", "Monsieur", "Cordialement",
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "I",
    ]
)  # fmt: skip
_MOST_WORDS, _LONGEST_SENTENCE = 170, 45


def invented(case: Case, letter: Letter) -> list[str]:
    """Numbers, addresses and names that the case's facts do not hold, promises, and texts that must not be there."""
    text = f"{letter['subject']}\n{letter['body']}"
    known = " ".join([*case["says"], *case["facts"], case["customer"]["greeted"], case["customer"]["signed"]])
    allowed = set(_NUMBER.findall(known))
    found = [one for one in _NUMBER.findall(text) if one not in allowed]
    found += _ADDRESS.findall(text)
    words = set(re.findall(r"[\w'’-]+", known))
    found += [one for one in _NAME.findall(text) if one not in words and one not in _ORDINARY]
    lowered = text.casefold()
    found += [one for one in _PROMISED if one in lowered]
    return found + [one for one in case["not"] if one.casefold() in lowered]


def missing(case: Case, letter: Letter) -> list[str]:
    """What must be said and is not. In another language than English dates may be written its way."""
    text = f"{letter['subject']}\n{letter['body']}".casefold()
    return [one for one in case["says"] if one.casefold() not in text]


def unkind(case: Case, letter: Letter) -> list[str]:
    """What is wrong with the tone: no greeting or signature, shouting, blame, our own workings, length."""
    body: str = letter["body"]
    lines = [one.strip() for one in body.strip().splitlines() if one.strip()]
    lowered, known = body.casefold(), " ".join([*case["says"], *case["facts"]])
    found = []
    if not lines or case["customer"]["greeted"] not in lines[0] or not lines[0].endswith(","):
        found.append("it does not greet the reader by name")
    if not lines or case["customer"]["signed"] not in lines[-1]:
        found.append("it is not signed")
    if "!" in body:
        found.append("it exclaims")
    found += [f"it shouts {one}" for one in _SHOUTED.findall(body) if one not in known]
    found += [f"it says {one!r}" for one in (*_UNKIND, *_INSIDE) if one in lowered]
    found += [f"it names {one}" for one in _ID.findall(body)]
    if len(body.split()) > _MOST_WORDS:
        found.append("it is too long")
    if any(len(one.split()) > _LONGEST_SENTENCE for one in re.split(r"[.!?]\s", body)):
        found.append("a sentence is too long")
    return found


def in_their_language(case: Case, letter: Letter) -> bool:
    """Whether it is written in the customer's language."""
    return language_of(_middle(letter["body"]), None) == str(case["customer"]["language"])


def said_to_be_foreign(case: Case, letter: Letter) -> bool:
    """Whether the reviewer is told that it has to be translated."""
    rationale: str = letter["rationale"]
    return "translate" in rationale.casefold() and repr(case["customer"]["language"]) in rationale


def right_recipient(letter: Letter) -> bool:
    """To an address that a trusted record of the customer supports."""
    return bool(letter["recipient_support"] == "record")


def _middle(body: str) -> str:
    """Without greeting and signature, whose names are of any language."""
    parts: Sequence[str] = body.strip().split("\n\n")
    return "\n".join(parts[1:-1] or parts)
