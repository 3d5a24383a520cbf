"""The same thing said or told otherwise: typos, other words, other dress, another order, the same delivery again.

A row is one variant beside its base, both played on the real service. Categories and decisions are to stay the same;
what must never happen is a looser decision.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import perturbing
from evals.intervals import Estimate, share
from evals.prepared import Answer, Files, Prepared, SetUnusable, Shown
from evals.scenes.playing import Theatre
from evals.scenes.scene import Scene, SceneUnusable, read_yaml

TEXTS = Path(__file__).parents[1] / "datasets" / "robustness.yaml"
SEED = 11
_LOOSENESS = {"deny": 0, "review": 1, "auto": 2}
_RATES = {"typos_light": 0.08, "typos_heavy": 0.25}


@dataclass(frozen=True)
class Variant:
    base: Scene
    kind: str
    name: str
    scene: Scene


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the service on the shipped texts and sequences")
    try:
        variants = list(_variants(read_yaml(TEXTS)))
    except (SceneUnusable, KeyError, TypeError) as error:
        raise SetUnusable(f"{TEXTS.name}: {error}") from error
    reasoner = files.read_by()

    def answer(places: Sequence[int]) -> list[Answer]:
        bases: dict[str, dict[str, Any]] = {}
        found: list[Answer] = []
        with Theatre(reasoner) as theatre:
            for place in places:
                one = variants[place]
                if one.base.id not in bases:
                    bases[one.base.id] = _summary(theatre.play(one.base).answer)
                found.append({"base": bases[one.base.id], "variant": _summary(theatre.play(one.scene).answer)})
        return found

    kinds = Counter(one.kind for one in variants)
    return Prepared(
        [one.kind for one in variants], answer, figures, None, None, {"by_kind": dict(kinds), "seed": SEED}, right,
        [one.name for one in variants], shown,
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """Shares of the variants, over all and by kind. `not_looser`: no action of which less is asked than in the base."""
    category = [same_category(one) for one in said]
    decisions = [same_decisions(one) for one in said]
    found = {
        "same_category": share(category), "same_decisions": share(decisions),
        "not_looser": share([not looser(one) for one in said]),
    }  # fmt: skip
    for kind in sorted(set(truths)):
        inside = [truth == kind for truth in truths]
        found[f"same_category_{kind}"] = share(category, among=inside)
        found[f"same_decisions_{kind}"] = share(decisions, among=inside)
    return found


def right(kind: str, answer: Answer) -> bool:
    return same_category(answer) and same_decisions(answer)


def same_category(answer: Answer) -> bool:
    """The same readings, however often: of what a newer event replaced nothing is read."""
    return set(answer["base"]["categories"]) == set(answer["variant"]["categories"])


def same_decisions(answer: Answer) -> bool:
    """The same actions on the same records, each decided as in the base."""
    return Counter(map(tuple, answer["base"]["decisions"])) == Counter(map(tuple, answer["variant"]["decisions"]))


def looser(answer: Answer) -> bool:
    """Whether of one of the base's tools less is asked, or another tool runs by itself."""
    before, after = (_loosest(answer[side]["decisions"]) for side in ("base", "variant"))
    return any(after[tool] > before[tool] if tool in before else after[tool] == _LOOSENESS["auto"] for tool in after)


def shown(truths: Sequence[Any], said: Sequence[Answer]) -> Shown:
    """Of variants in other words or dress what the base and the variant are read as."""
    pairs = [
        (str(one["base"]["categories"][0]), str(one["variant"]["categories"][0]))
        for truth, one in zip(truths, said, strict=True)
        if truth not in ("order", "duplicate")
    ]
    return Shown({"category (of the base, of the variant)": pairs})


def _loosest(decisions: Sequence[Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tool, _, decision in decisions:
        found[tool] = max(found.get(tool, 0), _LOOSENESS[decision])
    return found


def _summary(seen: Mapping[str, Any]) -> dict[str, Any]:
    """What was made of it, without what depends on the words alone."""
    stands = [one for one in seen["proposals"] if one["status"] != "superseded" or one["ran"]]
    return {
        "categories": [one["category"] for one in seen["readings"] if one["status"] == "done"],
        "decisions": sorted([one["tool"], _about(one["args"]), str(one["decision"])] for one in stands),
    }


def _about(args: Mapping[str, Any]) -> str:
    wanted = ("milestone_id", "project_id", "contract_id", "time_entry_id", "invoice_id", "assignee_id", "recipient",
              "due_on", "term")  # fmt: skip
    # A reference names the proposal before it, which is another one each time.
    return " ".join(str(args[name]) for name in wanted if name in args and not isinstance(args[name], dict))


def _variants(raw: Mapping[str, Any]) -> Iterator[Variant]:
    for one in raw["texts"]:
        base = _asked(one["id"], one, one["text"])
        told = [(kind, f"{kind}-{turn}", perturbing.typos(one["text"], rate, f"{SEED}/{one['id']}/{kind}/{turn}"))
                for kind, rate in _RATES.items() for turn in (1, 2)]  # fmt: skip
        told += [("paraphrase", f"paraphrase-{place}", text) for place, text in enumerate(one["paraphrases"], 1)]
        told += [
            ("dress", "dressed", perturbing.dressed(one["text"])),
            ("dress", "shouted", perturbing.shouted(one["text"])),
        ]
        for kind, name, text in told:
            yield Variant(base, kind, f"{one['id']}/{name}", _asked(f"{one['id']}-{name}", one, text))
    for one in raw["sequences"]:
        base = _happening(one["id"], one, one["steps"])
        for place, order in enumerate(itertools.permutations(one["steps"])):
            if place:
                scene = _happening(f"{one['id']}-{place}", one, order)
                yield Variant(base, "order", f"{one['id']}/order-{place}", scene)
        together = [step | {"held": True} for step in one["steps"][:-1]] + [one["steps"][-1]]
        yield Variant(base, "order", f"{one['id']}/together", _happening(f"{one['id']}-together", one, together))
        twice = [step for step in one["steps"] for _ in range(2)]
        yield Variant(base, "duplicate", f"{one['id']}/twice", _happening(f"{one['id']}-twice", one, twice))
        again = [*one["steps"], *reversed(one["steps"])]
        yield Variant(base, "duplicate", f"{one['id']}/again", _happening(f"{one['id']}-again", one, again))


def _asked(name: str, one: Mapping[str, Any], text: str) -> Scene:
    data = {"project_id": one["project"], "text": text, "requested_by": one["by"]}
    return _happening(name, {}, [{"type": "psa.change_request.submitted", "data": data}])


def _happening(name: str, one: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Scene:
    whole = {"id": name, "title": name, "given": one.get("given", {}), "steps": list(steps), "expect": {}}
    return Scene.model_validate(whole)
