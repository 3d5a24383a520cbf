"""A scene as it is written down: what the firm has, what happens, what people say, and what the firm expects."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Effect = Literal["auto", "review", "deny"]
Records = dict[str, list[dict[str, Any]]]
"""Kind → records, as JSON has them; one with an id that the firm has takes its place."""


class SceneUnusable(Exception):
    """A scene that cannot be read; the message names the file, the scene and the field."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Verdict(_Written):
    """What a person says of the pending review of that tool (of that target, where there are several)."""

    by: str
    say: Literal["approve", "reject", "edit"]
    tool: str
    about: str | None = None
    args: dict[str, Any] | None = None


class Correction(_Written):
    by: str
    body: dict[str, Any]


class Fault(_Written):
    """The firm's system misbehaves from now on: see the sandbox's faults; `clear` ends it."""

    fault: Literal["unavailable", "refuse", "timeout_before_apply", "timeout_after_apply", "lie", "clear"]
    tool: str = "*"
    count: int | None = None


class Elsewhere(_Written):
    tool: str
    args: dict[str, Any]


class Step(_Written):
    """One thing that happens, after which all that is due is worked off. `type` and `data`: the source sends an event;
    `id` and `time` where they matter. `triage`: a person asks, by the API. `wait_h`: so many hours pass. `elsewhere`:
    somebody does it in the firm's own system, past the assistant."""

    type: str | None = None
    data: dict[str, Any] = {}
    id: str | None = None
    time: datetime | None = None
    held: bool = False
    triage: dict[str, Any] | None = None
    by: str = "lena"
    verdict: Verdict | None = None
    correction: Correction | None = None
    fault: Fault | None = None
    wait_h: float | None = None
    elsewhere: Elsewhere | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = (self.type, self.triage, self.verdict, self.correction, self.fault, self.wait_h, self.elsewhere)
        if sum(one is not None for one in said) != 1:
            raise ValueError("a step is one thing: an event, triage, verdict, correction, fault, wait_h or elsewhere")
        return self


class Proposed(_Written):
    """An action that the firm wants proposed. Of `args` those that matter: a value, or `{has: [texts]}` for prose.

    `asks`: roles each of which somebody must be asked in. `optional`: as good without it.
    """

    tool: str
    decision: Effect
    args: dict[str, Any] = {}
    asks: list[str] = []
    optional: bool = False
    count: Annotated[int, Field(ge=1)] = 1


class State(_Written):
    """What has changed in the firm's own systems in the end, and nothing else has."""

    changed: dict[str, dict[str, Any]] = {}
    created: list[dict[str, Any]] = []


class Expected(_Written):
    """`nothing`: texts that say why nothing is proposed. `category`: of texts, any of these readings is right.

    `case`: the status in which the first case is left. `cases`: how many cases there are. `refusals`: codes with which
    what people said is refused, in their order.
    """

    proposals: list[Proposed] = []
    nothing: list[str] = []
    category: list[str | None] = []
    state: State = State()
    case: str | None = None
    cases: int | None = None
    refusals: list[str] = []


class Scene(_Written):
    id: str
    title: str
    at: datetime = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
    given: Records = {}
    settings: dict[str, Any] = {}
    steps: Annotated[list[Step], Field(min_length=1)]
    expect: Expected


def scenes(folder: Path) -> list[Scene]:
    """Every scene of the folder's YAML files, in the order of their names. Raises SceneUnusable."""
    found: list[Scene] = []
    for path in sorted(folder.glob("*.yaml")):
        for place, raw in enumerate(read_yaml(path)):
            name = raw.get("id", f"number {place + 1}") if isinstance(raw, dict) else f"number {place + 1}"
            try:
                found.append(Scene.model_validate(raw))
            except ValidationError as error:
                first = error.errors()[0]
                where = "/".join(map(str, first["loc"]))
                raise SceneUnusable(f"{path.name}, scene {name}, {where}: {first['msg']}") from error
    names = [one.id for one in found]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise SceneUnusable(f"there are two scenes {doubled}")
    return found


def read_yaml(path: Path) -> Any:
    """Dates and times stay texts, as JSON has them. Raises SceneUnusable."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_PLAIN)  # noqa: S506 - made of the safe loader
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SceneUnusable(f"{path.name}: {error}") from error


# libyaml where PyYAML was built with it: pure Python takes eight times as long.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _LOADER.yaml_implicit_resolvers.items()
}
# YAML without the guess that a text is a date.
_PLAIN: Any = type("Plain", (_LOADER,), {"yaml_implicit_resolvers": _RESOLVERS})
