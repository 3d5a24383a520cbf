"""A real Chromium on the application, served over loopback."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from app.identity.links import create_link
from app.identity.principals import by_name, machine_actor
from app.store.engine import read_only
from tests.integration.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a port of its own: its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    app.state.live.end()  # pages that listen would keep it from ending
    server.should_exit = True
    thread.join()


@contextmanager
def launched() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Reader:
    """One person with a browser of their own. `said` is what its console and its dialogs said."""

    world: World
    address: str
    context: Any
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def link(self, who: str, tenant: str = "acme") -> str:
        with read_only(self.world.ctx.engine) as session:
            row = by_name(session, tenant, who)
        assert row is not None
        made = create_link(self.world.ctx, machine_actor(tenant), row.id)
        return self.address + made.removeprefix(self.world.ctx.settings.public_url)

    def sign_in(self, who: str, tenant: str = "acme") -> "Reader":
        self.page.goto(self.link(who, tenant))
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/queue")
        return self

    def open(self, path: str) -> Any:
        self.page.goto(self.address + path)
        return self.page

    def status(self) -> str:
        return str(self.page.locator(".note[role=status], .note[role=alert]").first.inner_text())
