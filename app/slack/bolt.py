"""Bolt: takes what Slack sends, over HTTP or a socket, acknowledges it at once and has it worked off in threads."""

import asyncio
import importlib
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from app.context import Context
from app.errors import Problem
from app.slack import came, kit
from app.slack.api import SlackAway, SlackBusy, SlackRefused
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.handlers import ACTIONS, COMMANDS, EVENTS, SHORTCUTS, VIEWS, Handler
from tools.ports import SourceUnavailable

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

_log = logging.getLogger(__name__)
_THREADS: Final = 8
_VIEW_S: Final = 2.4
"""Slack waits three seconds for what becomes of a submitted view."""
_ANY: Final = re.compile(r"^.*$", re.DOTALL)
_SLOW: Final = "Countersign is slow just now. What you sent is being worked off; look at the card."


class Surface:
    """Slack's way into one service. `app` is made in the event loop that serves it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._desk = Desk.of(ctx)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="slack")
        self._under_way: set[asyncio.Future[Any]] = set()
        self.taken = 0
        """How many interactions and events were taken to be worked off."""
        self._app: AsyncApp | None = None
        # Loaded with the service, so that Slack's first request does not wait for it.
        importlib.import_module("slack_bolt.async_app")

    @property
    def app(self) -> "AsyncApp":
        if self._app is None:
            self._app = self._made()
        return self._app

    async def idle(self) -> None:
        """Waits until everything that was acknowledged is worked off."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=False)

    def _made(self) -> "AsyncApp":
        # Imported here: a service without Slack never loads it.
        from slack_bolt.async_app import AsyncApp
        from slack_bolt.authorization import AuthorizeResult

        async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
            # Whose workspace it is, is looked up when it is worked off, so that acknowledging waits for nothing.
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)

        secret = self._ctx.settings.slack_signing_secret
        # Where Slack's requests come over a socket alone, nobody knows by what a request would have to be signed.
        signing = secret.get_secret_value() if secret is not None else secrets.token_hex()
        app = AsyncApp(
            name="countersign", signing_secret=signing, authorize=authorize,
            request_verification_enabled=True, logger=logging.getLogger("countersign.slack"),
        )  # fmt: skip
        app.action(_ANY)(self._acknowledging(came.of_action, ACTIONS))
        app.command(_ANY)(self._acknowledging(came.of_command, COMMANDS))
        app.shortcut(_ANY)(self._acknowledging(came.of_shortcut, SHORTCUTS))
        app.view(_ANY)(self._submitted)
        for kind, handler in EVENTS.items():
            app.event(kind)(self._event(handler))
        return app

    def _acknowledging(
        self, reading: Callable[[Mapping[str, Any]], Came], handlers: Mapping[str, Handler]
    ) -> Callable[..., Awaitable[None]]:
        async def listener(ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
            await ack()
            try:
                said = reading(body)
            except Problem as problem:
                _log.warning("an interaction from Slack could not be read: %s", problem)
                return
            if (handler := handlers.get(said.action)) is not None:
                self._later(self._worked_off, handler, said)

        return listener

    async def _submitted(self, ack: Callable[..., Awaitable[Any]], body: dict[str, Any]) -> None:
        """A view stays open with what is wrong in it, or changes, or closes: Slack waits to be told."""
        try:
            said = came.of_view(body)
        except Problem as problem:
            await ack(**_instead(problem.detail))
            return
        handler = VIEWS.get(said.action)
        if handler is None:
            await ack()
            return
        answer = self._later(self._of_view, handler, said)
        try:
            found = await asyncio.wait_for(asyncio.shield(answer), _VIEW_S)
        except TimeoutError:
            found = _instead(_SLOW)
        await ack(**(found or {}))

    def _event(self, handler: Callable[[Desk, dict[str, Any]], None]) -> Callable[..., Awaitable[None]]:
        async def listener(body: dict[str, Any]) -> None:
            self._later(self._told, handler, body)

        return listener

    def _later(self, work: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        self._under_way.add(future)
        self.taken += 1
        future.add_done_callback(self._under_way.discard)
        return future

    # -- in threads

    def _worked_off(self, handler: Handler, said: Came) -> None:
        actor = None
        try:
            workspace = self._desk.workspace(said)
            if not self._desk.first(said, workspace.tenant):
                return
            handler(self._desk, said)
        except Problem as problem:
            if problem.code in _KNOWN_WHO:
                actor = self._who(said)
            self._desk.say(said, self._desk.explain(actor, problem))
        except (SlackRefused, SlackAway, SlackBusy, SourceUnavailable) as trouble:
            _log.warning("%s of Slack could not be worked off: %s", said.action, trouble)
            self._desk.say(said, "That did not work just now; please try again.")
        except Exception as error:  # noqa: BLE001 - nobody else would tell of it
            _log.error("%s of Slack failed", said.action, exc_info=error)
            self._desk.say(said, "Something went wrong here; nothing was decided by your click.")

    def _of_view(self, handler: Handler, said: Came) -> Any:
        try:
            workspace = self._desk.workspace(said)
            return handler(self._desk, said) if self._desk.first(said, workspace.tenant) else None
        except Problem as problem:
            actor = self._who(said) if problem.code in _KNOWN_WHO else None
            return _instead(self._desk.explain(actor, problem))
        except Exception as error:  # noqa: BLE001 - nobody else would tell of it
            _log.error("%s of Slack failed", said.action, exc_info=error)
            return _instead("Something went wrong here; nothing was decided.")

    def _told(self, handler: Callable[[Desk, dict[str, Any]], None], body: dict[str, Any]) -> None:
        try:
            handler(self._desk, body)
        except (Problem, SlackRefused, SlackAway, SlackBusy) as trouble:
            _log.warning("an event of Slack could not be worked off: %s", trouble)
        except Exception as error:  # noqa: BLE001 - nobody else would tell of it
            _log.error("an event of Slack failed", exc_info=error)

    def _who(self, said: Came) -> Any:
        try:
            return self._desk.actor(said)
        except Problem:
            return None


_KNOWN_WHO: Final = ("already_decided",)


def _instead(text: str) -> dict[str, Any]:
    """In the place of the view that was submitted."""
    view = kit.modal("said", "Countersign", [kit.section(kit.plain(text))])
    return {"response_action": "update", "view": view}
