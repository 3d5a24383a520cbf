"""A model words a summary. What it writes counts only as far as the statements that it names say the same.

A paragraph whose numbers, dates, amounts or names are not in its own statements, or that cites one that there is not,
is replaced by the templates of what it cited; what it left out is added. So nothing is said that no record says.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from agents.journal import Journal
from agents.reasoners.base import ModelBusy
from agents.reasoners.embedded.language import plain
from agents.reasoners.openai.client import Client, Endpoint
from agents.reasoners.openai.dialogue import Dialogue
from agents.reasoners.openai.limits import Limits, Unusable
from agents.summaries import Paragraph, Statement, TemplateWording, Worded
from agents.wording import line
from prompts import load
from tools.values import Text
from tools.written import written

MOST_STATEMENTS = 120
"""Beyond so many the templates speak: a model that is asked for more leaves out."""

_NAME = re.compile(r"\b[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’-]+)*")
_OPENINGS = frozenset(
    [
        "a", "all", "also", "an", "and", "another", "as", "at", "both", "by", "for", "from", "in", "it", "its",
        "nobody", "nothing", "of", "on", "one", "other", "since", "still", "that", "the", "there", "these", "they",
        "this", "those", "until", "what", "whether", "which", "with", "you",
    ]
)  # fmt: skip
_KEPT = frozenset({"money", "number", "date"})
_NEGATED = re.compile(r"\b(?:no|not|nobody|nothing|none|never|without|n't)\b|n’t\b", re.IGNORECASE)


class WordedParagraph(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text: Text
    statements: list[str]


class SummaryByModel(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    paragraphs: list[WordedParagraph]


class ModelWording:
    """agents.summaries.SummaryWording. `journal` gives the journal of what is asked now."""

    def __init__(
        self, endpoint: Endpoint, limits: Limits, journal: Callable[[], Journal], client: Client | None = None
    ) -> None:
        self._endpoint, self._limits, self._journal = endpoint, limits, journal
        self._client = client or Client(endpoint, limits)

    def word(self, statements: Sequence[Statement]) -> Worded:
        templates = TemplateWording().word(statements)
        if not statements or len(statements) > MOST_STATEMENTS:
            return templates
        prompt = load("exceptions", 1)
        request = {"statements": [{"id": one.id, "section": one.section, "says": one.says} for one in statements]}
        try:
            dialogue = Dialogue(self._endpoint, self._limits, self._client, self._journal())
            answer, _ = dialogue.ask(prompt, request, SummaryByModel)
        except (Unusable, ModelBusy) as failure:
            stamp = f"{templates.stamp} instead of {self._endpoint.model}: {failure}"
            return Worded(templates.paragraphs, line(stamp))
        return grounded(answer.paragraphs, statements, line(f"{self._endpoint.model}, {prompt.stamp}"))


def grounded(paragraphs: Sequence[WordedParagraph], statements: Sequence[Statement], stamp: str) -> Worded:
    """The paragraphs that their statements bear out, templates in place of the others, and what was left out."""
    known = {one.id: one for one in statements}
    kept: list[Paragraph] = []
    said: set[str] = set()
    replaced = 0
    for one in paragraphs:
        cited = [known[ident] for ident in dict.fromkeys(one.statements) if ident in known]
        text = " ".join(plain(one.text).split())
        if cited and len(cited) == len(set(one.statements)) and text and not ungrounded(text, cited):
            kept.append(Paragraph(text, tuple(each.id for each in cited)))
            said.update(each.id for each in cited)
        else:
            replaced += 1
    left = [Paragraph(one.says, (one.id,)) for one in statements if one.id not in said]
    return Worded((*kept, *left), stamp, replaced)


def ungrounded(text: str, cited: Sequence[Statement]) -> list[str]:
    """Pieces of the text that the cited statements do not hold, and what each of them says that the text leaves out.

    A number, date, amount, promise, deadline or name must stand in a cited statement as it is written there; each
    amount and number of a cited statement must stand in the text, and a text that says no where they say none, or the
    other way round, is none of theirs.
    """
    source, said = _folded(" ".join(one.says for one in cited)), _folded(text)
    strange = [piece.text for piece in written(text) if _bare(piece.text) not in source]
    strange += [name for name in _names(text) if _folded(name) not in source]
    dropped = [piece.text for one in cited for piece in written(one.says) if piece.kind in _KEPT]
    dropped += [name for one in cited for name in _names(one.says)]
    turned = bool(_NEGATED.search(said)) != bool(_NEGATED.search(source))
    return [*strange, *(piece for piece in dropped if _bare(piece) not in said), *(["not"] if turned else [])]


def _names(text: str) -> list[str]:
    """Runs of capitalised words; of one that begins a sentence without an ordinary opening word."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        begins = text[: match.start()].rstrip()[-1:] in ("", ".", "!", "?", ":")
        if begins and words[0].casefold() in _OPENINGS:
            words = words[1:]
        if words:
            found.append(" ".join(words))
    return found


def _bare(piece: str) -> str:
    """Without the mark that ended its sentence."""
    return _folded(piece).rstrip(".,;: ")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
