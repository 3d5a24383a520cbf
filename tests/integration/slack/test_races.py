"""Two people, one in Slack and one on the API, speak of one review at the same moment: one is first."""

from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.store.models import Verdict
from tests.integration.api.conftest import Api
from tests.integration.races.arena import together
from tests.integration.slack.conftest import CHANNEL, Office, buttons, said
from tests.integration.workflow.scenes import pending, task

ROUNDS = 100


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_slack_against_api(either: Office) -> None:
    office, world, winners = either, either.world, Counter[str]()
    names = {world.actor(name).principal_id: name for name in ("lena", "hal")}
    with TestClient(office.app, raise_server_exceptions=False) as client:
        api = Api(world, client, office.app.state.service)
        api.token("hal")
        for number in range(ROUNDS):
            asked = pending(world, task(f"Look into {number}"))
            office.tell()
            card = office.slack.cards(CHANNEL)[-1]
            (button,) = [each for each in buttons(card.blocks) if each["action_id"] == "approve"]
            click = office.click("lena", card, button)
            body = {"verdict": "reject", "args_digest": asked.args_digest, "comment": "no"}

            def reject(path: str = f"/v1/reviews/{asked.id}/verdicts", body: dict[str, str] = body) -> int:
                return int(api.post(path, body, "hal").status_code)

            def approve(click: dict[str, Any] = click) -> int:
                return office.send("interactive", click).status

            by_slack, by_api = together(approve, reject, seed=number, late=0.015)
            office.wait()
            assert by_slack == 200
            (given,) = world.rows(Verdict, review_id=asked.id)
            who = names[given.principal_id]
            winners["slack" if who == "lena" else "api"] += 1
            heard = office.slack.heard("ULENA")
            if who == "lena":
                assert (by_api, given.verdict, heard) == (409, "approve", [])
            else:
                assert (by_api, given.verdict) == (200, "reject")
                assert "rejected already by hal" in heard[-1]
            office.slack.told.clear()
            office.settle()
            assert ("approved by lena" in said(office.slack.cards(CHANNEL)[-1])) == (who == "lena")
    print(f"races of Slack over {office.mode} against the API: {dict(winners)}")  # noqa: T201 - a figure of the run
    assert winners.total() == ROUNDS
    applied = {str(entry["key"]): int(entry["count"]) for entry in world.ledger()}
    assert set(applied.values()) <= {1}
    assert len(applied) == winners["slack"]
    assert len(world.entries(kind="verdict.refused")) == ROUNDS
