"""Surfaces: one way of saying a verdict on each, and what came of it in the same terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlmodel import update

from app.errors import TITLE
from app.store.engine import unit_of_work
from app.store.models import Review, Verdict, WebSession
from tests.integration.api.conftest import Api
from tests.integration.slack.conftest import CHANNEL, Office, buttons
from tests.integration.slack.workspace import Message
from tests.integration.web.conftest import Browser, Forms, text_of
from tests.integration.world import World

ALREADY = ("This was ", "approved this already")


class Surface(Protocol):
    """`see` loads what a person sees of the review now; `say` speaks by that, whatever has happened meanwhile."""

    world: World

    def see(self, who: str, review: Review) -> Any: ...

    def say(self, seen: Any, who: str, verdict: str, body: Mapping[str, Any]) -> str | None:
        """The error code, None where it was taken."""
        ...


@dataclass
class ByApi:
    world: World
    api: Api

    def see(self, who: str, review: Review) -> Any:
        return review

    def say(self, seen: Any, who: str, verdict: str, body: Mapping[str, Any]) -> str | None:
        digest = {"args_digest": seen.args_digest} if verdict in ("approve", "edit", "reject") else {}
        answer = self.api.post(f"/v1/reviews/{seen.id}/verdicts", {"verdict": verdict} | digest | dict(body), who)
        return None if answer.status_code == 200 else str(answer.json()["code"])


@dataclass
class ByWeb:
    """A browser without script for each person. What they see is the page's form, or that there is none."""

    world: World
    browsers: Callable[[], Browser]

    def see(self, who: str, review: Review) -> tuple[Browser, str, str]:
        browser, path = self.browsers().sign_in(who), f"/reviews/{review.id}"
        with unit_of_work(self.world.ctx.engine) as session:
            # Some scenes take longer than a session lasts; that one ends is told elsewhere.
            session.exec(update(WebSession).values(expires_at=self.world.clock() + timedelta(days=30)))
        return browser, path, browser.get(path).text

    def say(self, seen: Any, who: str, verdict: str, body: Mapping[str, Any]) -> str | None:
        browser, path, text = seen
        shown = [form for form in Forms(text).forms if form.action == path]
        if not shown:
            return _code(text_of(browser.get(path)))
        form = shown[1 if verdict == "edit" else 0]
        fields = {"verdict": verdict} | {name: value for name, value in body.items() if name == "comment"}
        for name, value in body.get("args", {}).items():
            amount = f"amount.{name}" in form.fields
            fields |= {f"amount.{name}": f"{value / 100:.2f}"} if amount else {f"arg.{name}": str(value)}
        answer = browser.send(form, **fields)
        return None if answer.status_code == 200 else _code(text_of(answer))


@dataclass
class BySlack:
    world: World
    office: Office

    def see(self, who: str, review: Review) -> Message:
        self.office.tell()
        card = self.office.slack.cards(CHANNEL)[-1]
        # As it stays on a screen that is not brought up to date.
        return Message(card.channel, card.ts, list(card.blocks), card.text)

    def say(self, seen: Any, who: str, verdict: str, body: Mapping[str, Any]) -> str | None:
        user, heard = self.office.user(who), len(self.office.slack.heard(self.office.user(who)))
        views = len(self.office.slack.views)
        answer: Any = None
        if verdict == "withdraw":
            (menu,) = [each for each in buttons(seen.blocks) if each["action_id"] == "more"]
            (option,) = [each for each in menu["options"] if '"withdraw"' in each["value"]]
            self.office.send("interactive", self.office.click(who, seen, menu | {"selected_option": option}))
            self.office.wait()
        else:
            self.office.press(who, seen, {"respond": "ask"}.get(verdict, verdict))
        if len(self.office.slack.views) > views:
            answer = self._write(who, verdict, body)
        told = self.office.slack.heard(user)[heard:]
        if answer and answer.get("response_action") == "update":
            told.append(answer["view"]["blocks"][0]["text"]["text"])
        refusals = [text for text in told if not text.startswith("Your approval is on the record")]
        return _code(refusals[-1]) if refusals else None

    def _write(self, who: str, verdict: str, body: Mapping[str, Any]) -> Any:
        view = self.office.view()
        if verdict != "edit":
            return self.office.submit(who, view, comment=body.get("comment"))
        args = {
            name: f"{value / 100:.2f}" if name.endswith("_minor") else str(value)
            for name, value in body["args"].items()
        }
        self.office.submit(who, view, **args)
        return self.office.submit(who, self.office.view(), **args)


def _code(text: str) -> str:
    if text.startswith(ALREADY) or any(each in text for each in ALREADY):
        return "already_decided"
    found = [code for code, title in TITLE.items() if title in text]
    assert len(found) == 1, text
    return found[0]


@dataclass(frozen=True)
class Outcome:
    """What a verdict left behind: the answer, the review, the verdicts, and each new entry of the log."""

    code: str | None
    status: str
    edited: bool
    verdicts: tuple[tuple[str, str], ...]
    entries: tuple[str, ...]


def outcome(surface: Surface, review: Review, said: str | None, since: int, before: str) -> Outcome:
    world = surface.world
    now = world.review(review.id)
    verdicts = sorted(world.rows(Verdict, review_id=review.id), key=lambda each: each.at)
    return Outcome(
        said, now.status, now.args_digest != before,
        tuple((each.principal_id, each.verdict) for each in verdicts),
        tuple(_plain(entry) for entry in world.entries()[since:]),
    )  # fmt: skip


def _plain(entry: Any) -> str:
    """An entry without what differs from one installation or surface to another: ids, times, how they signed in."""
    details = {
        name: value for name, value in entry.details.items() if not str(value).startswith(("rev_", "cas_", "prp_"))
    }
    authority = sorted((grant.role, grant.unit, grant.from_id) for grant in entry.actor.grants)
    return repr((
        entry.kind, entry.actor.id, authority, entry.actor.limit_minor, entry.actor.delegated_by, sorted(entry.refs),
        sorted(entry.digests), sorted(details.items(), key=str), [each.name for each in entry.payloads],
    ))  # fmt: skip
