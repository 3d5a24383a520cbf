"""Letters to customers as the service drafts them: grounded, complete, in a decent tone and the customer's language.

Played on the real service; judged by rules that are not the product's own grounding. A letter that is not drafted
fails in everything.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import letters
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, SetUnusable
from evals.scenes.playing import Theatre
from evals.scenes.scene import Scene, SceneUnusable, read_yaml

CASES = Path(__file__).parents[1] / "datasets" / "drafting.yaml"
_CHECKS = ("grounded", "complete", "tone", "language", "recipient")


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the service's letters on the shipped cases")
    try:
        cases: list[dict[str, Any]] = read_yaml(CASES)
        played = [_scene(one) for one in cases]
    except (SceneUnusable, KeyError, TypeError, ValueError) as error:
        raise SetUnusable(f"{CASES.name}: {error}") from error
    reasoner = files.read_by()

    def answer(places: Sequence[int]) -> list[Answer]:
        with Theatre(reasoner) as theatre:
            return [_answer(theatre, played[place]) for place in places]

    truths = [{name: one.get(name, []) for name in ("customer", "says", "facts", "not")} for one in cases]
    return Prepared(truths, answer, figures, None, None, right=right, ids=[one["id"] for one in cases])


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Shares of the letters that were to be drafted. `language`: in the customer's, or the reviewer is told that it
    is not."""
    judged = [checked(truth, one) for truth, one in zip(truths, said, strict=True)]
    found = {check: share([one[check] for one in judged]) for check in _CHECKS}
    found["in_their_language"] = share(
        [
            one["letter"] is not None and letters.in_their_language(truth, one["letter"])
            for truth, one in zip(truths, said, strict=True)
        ]
    )
    found["drafted"] = share([one["letter"] is not None for one in said])
    found["passed"] = share([all(one.values()) for one in judged])
    return found


def right(truth: Mapping[str, Any], answer: Answer) -> bool:
    return all(checked(truth, answer).values())


def checked(truth: Mapping[str, Any], answer: Answer) -> dict[str, bool]:
    letter = answer["letter"]
    if letter is None:
        return dict.fromkeys(_CHECKS, False)
    theirs = letters.in_their_language(truth, letter) or letters.said_to_be_foreign(truth, letter)
    return {
        "grounded": not letters.invented(truth, letter), "complete": not letters.missing(truth, letter),
        "tone": not letters.unkind(truth, letter), "language": theirs, "recipient": letters.right_recipient(letter),
    }  # fmt: skip


def _answer(theatre: Theatre, scene: Scene) -> Answer:
    seen = theatre.play(scene).answer
    drafted = [one for one in seen["proposals"] if one["tool"] == "send_customer_message"]
    if len(drafted) != 1:
        return {"letter": None, "drafted": len(drafted), "because": seen["because"]}
    (one,) = drafted
    letter = {
        "subject": one["args"]["subject"], "body": one["args"]["body"], "recipient": one["args"]["recipient"],
        "recipient_support": one["recipient_support"], "rationale": one["rationale"], "marked": one["ungrounded"],
    }  # fmt: skip
    return {"letter": letter}


def _scene(one: Mapping[str, Any]) -> Scene:
    whole = {"id": one["id"], "title": one["id"], "given": one.get("given", {}), "steps": [one["step"]], "expect": {}}
    return Scene.model_validate(whole)
