"""Summaries of exceptions for executives: every statement traced to records, nothing material left out.

Mornings are played on the real service; what each reader must hear of was written down before. A statement is traced
by recounting its records past the view that made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.actor import Grant
from app.store.engine import read_only
from app.workflow.summaries import exception_summary
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, SetUnusable
from evals.scenes.playing import Theatre
from evals.scenes.scene import Scene, SceneUnusable, read_yaml
from evals.scenes.tracing import untraced

MORNINGS = Path(__file__).parents[1] / "datasets" / "summaries.yaml"


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the service on the shipped mornings")
    try:
        mornings: list[dict[str, Any]] = read_yaml(MORNINGS)
        played = [_scene(one) for one in mornings]
    except (SceneUnusable, KeyError, TypeError, ValueError) as error:
        raise SetUnusable(f"{MORNINGS.name}: {error}") from error
    reasoner = files.read_by()
    by_model = files.reasoner == "model"

    def answer(places: Sequence[int]) -> list[Answer]:
        with Theatre(reasoner) as theatre:
            return [_answer(theatre, played[place], mornings[place], by_model=by_model) for place in places]

    return Prepared(
        [{"tell": one["tell"], "not": one.get("not", [])} for one in mornings], answer, figures, None, None,
        right=right, ids=[one["id"] for one in mornings],
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """`traced`: of all statements. `told`: of all that must be told. `worded`: of the statements those that a
    paragraph words. `clean`: of the mornings those without a word that must not be said."""
    statements = [one for answer in said for one in answer["statements"]]
    wanted = [(want, answer) for truth, answer in zip(truths, said, strict=True) for want in truth["tell"]]
    return {
        "traced": share([not one["untraced"] for one in statements]),
        "told": share([told(want, answer) for want, answer in wanted]),
        "worded": share([one["worded"] for one in statements]),
        "clean": share([not strays(truth, answer) for truth, answer in zip(truths, said, strict=True)]),
        "passed": share([right(truth, answer) for truth, answer in zip(truths, said, strict=True)]),
        "replaced_paragraphs": share([answer["replaced"] > 0 for answer in said]),
    }


def right(truth: Mapping[str, Any], answer: Answer) -> bool:
    sound = all(one["worded"] and not one["untraced"] for one in answer["statements"])
    return sound and all(told(want, answer) for want in truth["tell"]) and not strays(truth, answer)


def told(want: Mapping[str, Any], answer: Answer) -> bool:
    """Whether a statement of that section has all of the texts, and that amount where one is wanted."""
    return any(
        one["section"] == want["section"]
        and all(text in one["text"] for text in want["has"])
        and want.get("amount_minor", one["amount_minor"]) == one["amount_minor"]
        for one in answer["statements"]
    )


def strays(truth: Mapping[str, Any], answer: Answer) -> list[str]:
    """Texts that are said and must not be."""
    said = "\n".join([answer["headline"], *(one["text"] for one in answer["statements"]), *answer["paragraphs"]])
    return [text for text in truth["not"] if text in said]


def _answer(theatre: Theatre, scene: Scene, morning: Mapping[str, Any], *, by_model: bool) -> Answer:
    with theatre.set_up(scene) as stage:
        stage.play(scene.steps)
        reader = stage.person(morning["reader"])
        if units := morning.get("units"):
            grants = tuple(Grant(grant.role, unit) for grant in reader.grants for unit in units)
            reader = replace(reader, grants=grants)
        found = exception_summary(stage.context, reader, since="2026-03-01", by_model=by_model)
        paragraphs = [one for section in found["sections"] for one in section["paragraphs"]]
        worded = {ident for one in paragraphs for ident in one["statements"]}
        with read_only(stage.context.engine) as session:
            statements = [
                {
                    "section": section["name"], "text": one["text"], "amount_minor": one["amount_minor"],
                    "untraced": untraced(stage, session, one), "worded": one["id"] in worded,
                }
                for section in found["sections"] for one in section["statements"]
            ]  # fmt: skip
    return {
        "statements": statements, "paragraphs": [one["text"] for one in paragraphs], "headline": found["headline"],
        "worded_by": found["worded_by"], "replaced": found["replaced"],
    }  # fmt: skip


def _scene(one: Mapping[str, Any]) -> Scene:
    whole = {"id": one["id"], "title": one["id"], "given": one.get("given", {}), "steps": one["steps"], "expect": {}}
    return Scene.model_validate(whole)
