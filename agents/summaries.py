"""Summaries: statements about what is so, and their wording for people. Whatever words them, each sentence names the
statements that it rests on, and says nothing that they do not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Section = Literal["waiting", "trouble", "refused", "money", "changed"]
RefKind = Literal["review", "case", "execution", "task", "run", "decision", "proposal", "entry", "source"]


@dataclass(frozen=True)
class Ref:
    """A record of ours (by id) or an entry of the log (by its number) that a statement rests on."""

    kind: RefKind
    id: str


@dataclass(frozen=True)
class Statement:
    """One thing that is so, as its template words it.

    `refs` are some of the `count` things that it is about. `amount_minor`: money at stake in the base currency.
    `exceptional`: whether it is to be told in a headline.
    """

    id: str
    section: Section
    says: str
    refs: tuple[Ref, ...]
    count: int = 1
    amount_minor: int | None = None
    exceptional: bool = True


@dataclass(frozen=True)
class Paragraph:
    """`statements`: ids of those that it rests on."""

    text: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Worded:
    """`stamp` says by what it was worded; `replaced` counts paragraphs that were not grounded and are templates now."""

    paragraphs: tuple[Paragraph, ...]
    stamp: str
    replaced: int = 0


class SummaryWording(Protocol):
    def word(self, statements: Sequence[Statement]) -> Worded:
        """Words for all of the statements, none left out, nothing added. Never raises for what a model does."""


class TemplateWording:
    """Each statement as its template words it."""

    def word(self, statements: Sequence[Statement]) -> Worded:
        return Worded(tuple(Paragraph(one.says, (one.id,)) for one in statements), "templates filled from records")
