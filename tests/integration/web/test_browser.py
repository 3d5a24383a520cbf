"""The way of a review in a real Chromium, with scripts switched off: nothing needs them."""

import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from app.identity.links import create_link
from app.identity.principals import by_name, machine_actor
from app.store.engine import read_only
from tests.integration.api.actions import INVOICE, waiting
from tests.integration.api.conftest import Api
from tests.integration.world import World
from tools.records import Invoice

pytestmark = pytest.mark.browser

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """The application on a port of its own."""
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
    server.should_exit = True
    thread.join()


@pytest.fixture
def context() -> Iterator[Any]:
    if _CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser.new_context(java_script_enabled=False)
        browser.close()


def test_signing_in_by_link_and_approving(world: World, address: str, context: Any) -> None:
    _, (row,) = waiting(Api(world, None, None))  # type: ignore[arg-type]
    with read_only(world.ctx.engine) as session:
        finn = by_name(session, "acme", "finn")
    assert finn is not None
    link = create_link(world.ctx, machine_actor("acme"), finn.id)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address + link.removeprefix(world.ctx.settings.public_url))
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{address}/queue"
    page.get_by_role("link", name="Write off EUR 1,100.00").first.click()
    assert page.url == f"{address}/reviews/{row.id}"
    page.get_by_label("Remark").fill("as agreed")
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_role("status").inner_text().startswith("Your approval is on the record.")
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 110_000
    assert [entry["count"] for entry in world.ledger()] == [1]
    page.goto(f"{address}/cases/{row.case_id}")
    assert "execution succeeded" in page.inner_text("main")
    # The policy of the pages lets their own style in and reports nothing else.
    assert page.locator("body").evaluate("each => getComputedStyle(each).margin") == "0px"
    assert said == []
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{address}/sign-in"
    page.goto(f"{address}/queue")
    assert page.url == f"{address}/sign-in?next=/queue"
