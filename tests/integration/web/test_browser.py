"""The way of a review in a real Chromium, with scripts switched off: nothing needs them."""

from typing import Any

import pytest

from tests.integration.api.actions import INVOICE
from tests.integration.web.chromium import Reader
from tests.integration.workflow.scenes import money
from tests.integration.world import World
from tools.records import Invoice

pytestmark = pytest.mark.browser


def test_signing_in_by_link_and_approving(world: World, address: str, chromium: Any) -> None:
    row = money(world)
    reader = Reader(world, address, chromium.new_context(java_script_enabled=False)).sign_in("finn")
    page = reader.page
    page.get_by_role("link", name="Write off EUR 1,100.00").first.click()
    assert page.url == f"{address}/reviews/{row.id}"
    page.get_by_label("Remark").fill("as agreed")
    page.get_by_role("button", name="Approve").click()
    assert reader.status().startswith("Your approval is on the record.")
    world.run()
    assert world.get(Invoice, INVOICE).written_off_minor == 110_000
    assert [entry["count"] for entry in world.ledger()] == [1]
    reader.open(f"/cases/{row.case_id}")
    assert "took effect" in page.inner_text("main")
    # The policy of the pages lets their own style in and reports nothing else.
    assert page.locator("body").evaluate("each => getComputedStyle(each).margin") == "0px"
    assert reader.said == []
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{address}/sign-in"
    reader.open("/queue")
    assert page.url == f"{address}/sign-in?next=/queue"
