"""Running: the thread that tells Slack what is new, and the one that holds the socket where Slack cannot reach us."""

import asyncio
import logging
import threading
from typing import Any, Final

from app.context import Context
from app.slack.bolt import Surface
from app.slack.planning import plan
from app.slack.sender import send_all

_log = logging.getLogger(__name__)
_LOOK_S: Final = 1.0
_PING_S: Final = 10.0
_PLAN_EVERY: Final = 30
"""Looks between two at the clock: what is reminded of is told within half a minute."""


class Telling:
    """Looks once a second; of several processes each message is sent by the one that claims it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._over = ctx, threading.Event()
        self._thread = threading.Thread(target=self._tell, name="slack-telling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the call under way; what is due goes on at the next start."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _tell(self) -> None:
        looks = 0
        while not self._over.wait(_LOOK_S):
            try:
                if looks % _PLAN_EVERY == 0:
                    plan(self._ctx)
                looks += 1
                send_all(self._ctx)
            except Exception as error:  # noqa: BLE001 - the database may be back at the next look
                _log.error("Slack could not be told what is new", exc_info=error)


class SocketMode:
    """Fetches what Slack sends over a WebSocket that we open (Socket Mode), in an event loop of its own."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self.surface = ctx, Surface(ctx)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="slack-socket", daemon=True)
        self.connected = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Takes nothing more, and ends when what was acknowledged is worked off."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        self.surface.close()

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._hold())
        except Exception as error:  # noqa: BLE001 - a thread that ends silently would not be missed
            _log.error("the socket to Slack ended", exc_info=error)
        finally:
            self._loop.close()

    async def _hold(self) -> None:
        # Imported here: a service without Slack never loads it.
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
        from slack_sdk.web.async_client import AsyncWebClient

        settings = self._ctx.settings
        assert settings.slack_app_token is not None
        client = AsyncWebClient(base_url=f"{settings.slack_api_url}/")
        token = settings.slack_app_token.get_secret_value()
        handler: Any = AsyncSocketModeHandler(self.surface.app, token, web_client=client, ping_interval=_PING_S)
        connecting = asyncio.ensure_future(handler.connect_async())
        connecting.add_done_callback(lambda _: self.connected.set())
        await self._over.wait()
        connecting.cancel()
        await handler.close_async()
        await self.surface.idle()
