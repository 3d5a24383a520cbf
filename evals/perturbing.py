"""Perturbing: the same text as somebody else would have typed it. Drawn by a seed, so that it is the same each time."""

import random
import re

_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""Keys beside each other on a keyboard."""

_WORD = re.compile(r"[A-Za-z]{4,}")
_SIGNATURE = "\n\nBest regards\n\n--\nSent from my phone. Please consider the environment before printing this e-mail."


def typos(text: str, rate: float, seed: str) -> str:
    """Of words of four letters or more a share of `rate` (one at least) with one slip: a neighbouring key, a letter
    left out, doubled, or two letters changed round. Numbers and short words stay."""
    draw = random.Random(seed)  # noqa: S311 - slips, no secret
    words = list(_WORD.finditer(text))
    chosen = draw.sample(words, min(len(words), max(1, round(rate * len(words)))))
    for found in sorted(chosen, key=lambda one: -one.start()):
        text = text[: found.start()] + _slip(found.group(), draw) + text[found.end() :]
    return text


def dressed(text: str) -> str:
    """Greeting and signature around it, lines broken anywhere."""
    lines = re.sub(r"(.{40,60}?) ", r"\1\n", text)
    return f"Hello everybody, I hope you are well.\n\n{lines}{_SIGNATURE}"


def shouted(text: str) -> str:
    """Without capitals and with more marks than it takes."""
    return re.sub(r"([.!?])(\s|$)", r"\1\1\1 \2", text.lower()) + " 🙏"


def _slip(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    kind = draw.choice(("neighbour", "left out", "doubled", "changed round"))
    if kind == "left out":
        return word[:at] + word[at + 1 :]
    if kind == "doubled":
        return word[:at] + word[at] + word[at:]
    if kind == "changed round":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + draw.choice(_NEIGHBOURS.get(word[at].lower(), word[at])) + word[at + 1 :]
