"""What can be typed, the message shortcut, and App Home."""

from hashlib import sha256
from typing import Any

import pytest

from app.store.engine import read_only
from app.store.models import Case, Event, Pause
from tests.integration.slack.conftest import CHANNEL, Office
from tests.integration.slack.kit_rules import mrkdwn_texts, special_marks, texts, view_errors
from tests.integration.slack.workspace import TEAM, Message, person
from tests.integration.workflow.scenes import drafted, money, pending, task, write_off


def test_what_can_be_typed(office: Office) -> None:
    world = office.world
    asked = money(world)
    assert "/countersign queue" in office.command("finn", "")
    assert "There is no 'odd' here" in office.command("finn", "odd <!channel>")
    assert "Write off EUR 1,100.00" in office.command("finn", "queue")
    assert office.command("rolf", "queue") == "Nothing waits for you."
    assert "Write off EUR 1,100.00" in office.command("finn", f"case {asked.case_id}")
    assert "because" in office.command("finn", f"why {asked.id}")
    assert "because" in office.command("finn", f"why {asked.case_id}")
    assert "Waiting" in office.command("finn", "status")
    assert "There is no such" in office.command("finn", "case cas_x")
    assert "Name a tool" in office.command("finn", "pause everything")
    assert "paused" in office.command("finn", "pause write_off")
    assert [(row.scope, row.name) for row in world.rows(Pause)] == [("tool", "write_off")]
    assert "This needs one of the roles" in office.command("vera", "pause write_off")


def test_triage_by_command(office: Office) -> None:
    office.world.agents.says(task())
    assert "It is being read" in office.command("lena", "triage The invoice of May is wrong")
    assert "Your roles let you read" in office.command("vera", "triage The invoice of May is wrong")
    assert "Type what was asked" in office.command("lena", "triage")
    (event,) = office.world.rows(Event, type="assistant.triage.requested")
    with read_only(office.world.ctx.engine) as session:
        content = office.world.ctx.vault.open(session, "acme", event.payload)
    assert content["source"] == "countersign/slack"
    assert content["data"]["text"] == "The invoice of May is wrong"


def shortcut(office: Office, who: str, message: Message, **more: Any) -> None:
    user = office.user(who)
    payload = {
        "type": "message_action", "callback_id": "triage_message", "team": {"id": TEAM}, "user": {"id": user},
        "trigger_id": office.slack.trigger(), "response_url": office.slack.response_url(user),
        "channel": {"id": message.channel}, "message_ts": message.ts,
        "message": {"ts": message.ts, "text": message.text, "user": "UCUST"} | more,
    }  # fmt: skip
    office.send("interactive", payload)
    office.wait()


@pytest.fixture
def thread(office: Office) -> Message:
    """A customer's message in a shared channel, with an answer and a file below it."""
    said = Message(CHANNEL, "1772442000.000001", [], "Please <!channel> move the *launch* to June, and see the file")
    url = f"{office.slack.base}/files/terms.txt"
    office.slack.files["terms.txt"] = b"net 90 days"
    gone = {"name": "gone.pdf", "mimetype": "application/pdf", "url_private": f"{office.slack.base}/files/gone.pdf"}
    below = Message(CHANNEL, "1772442000.000002", [], "And hurry", thread_ts=said.ts)
    elsewhere = {"name": "drive.txt", "mimetype": "text/plain", "url_private": "https://drive.example/x"}
    below.files = [{"name": "terms.txt", "mimetype": "text/plain", "url_private": url}, gone, elsewhere]
    office.slack.messages += [said, below]
    return said


def test_a_message_with_its_thread_and_files_becomes_a_case(office: Office, thread: Message) -> None:
    """All of it a customer's words: what comes of it goes to people."""
    office.world.agents.says(task())
    shortcut(office, "lena", thread)
    view = office.view()
    assert view_errors({key: each for key, each in view.items() if key not in ("id", "hash")}) == []
    assert all(special_marks(each) == [] for each in mrkdwn_texts(view["blocks"]))
    answer = office.submit("lena", view, kind="change_request", project="prj-01")
    assert "It is being read" in texts(answer["view"]["blocks"])
    office.world.run()
    (event,) = office.world.rows(Event, type="assistant.triage.requested")
    with read_only(office.world.ctx.engine) as session:
        data = office.world.ctx.vault.open(session, "acme", event.payload)["data"]
    assert data["text"] == thread.text
    assert [each["text"] for each in data["data"]["slack"]["thread"]] == [thread.text, "And hurry"]
    terms, gone, elsewhere = data["data"]["slack"]["files"]
    assert terms["text"] == "net 90 days"
    assert gone["missing"] == "files: http_403"
    assert elsewhere["missing"] == "files: not_in_slack"
    (case,) = office.world.rows(Case, id=event.case_id)
    assert (case.kind, case.requester_id) == ("change_request", office.world.actor("lena").principal_id)
    assert len(office.world.reviews(case)) == 1


def test_of_a_long_thread_the_part_around_the_message_is_read(office: Office, thread: Message) -> None:
    office.slack.page = 30
    for number in range(3, 120):
        below = Message(CHANNEL, f"1772442000.{number:06}", [], f"word {number}", thread_ts=thread.ts)
        office.slack.messages.append(below)
    office.world.agents.says(task())
    shortcut(office, "lena", office.slack.messages[99], thread_ts=thread.ts)
    office.submit("lena", office.view(), project="prj-01")
    (event,) = office.world.rows(Event, type="assistant.triage.requested")
    with read_only(office.world.ctx.engine) as session:
        data = office.world.ctx.vault.open(session, "acme", event.payload)["data"]
    read = [each["text"] for each in data["data"]["slack"]["thread"]]
    assert (data["text"], len(read), read[0]) == ("word 100", 50, thread.text)
    assert {"word 99", "word 100", "word 101"} <= set(read)


def test_a_file_s_digest_is_of_all_of_it_and_too_large_a_file_is_named(office: Office, thread: Message) -> None:
    office.slack.files |= {"terms.txt": b"a" * 30_000, "gone.pdf": b"a" * 5_000_001}
    office.world.agents.says(task())
    shortcut(office, "lena", thread)
    office.submit("lena", office.view(), project="prj-01")
    (event,) = office.world.rows(Event, type="assistant.triage.requested")
    with read_only(office.world.ctx.engine) as session:
        files = office.world.ctx.vault.open(session, "acme", event.payload)["data"]["data"]["slack"]["files"]
    assert files[0]["sha256"] == sha256(b"a" * 30_000).hexdigest()
    assert (files[0]["text"], files[1]["missing"]) == ("a" * 20_000, "files: too_large")


def test_a_long_answer_ends_where_a_message_does(office: Office) -> None:
    asked = drafted(office.world, *(write_off(10_000 + number, reason="x" * 900) for number in range(9)))
    for typed in (f"why {asked.id}", f"case {asked.id}"):
        assert office.command("finn", typed)
    assert office.slack.refused == []


def test_a_message_without_words_is_no_request(office: Office, thread: Message) -> None:
    shortcut(office, "lena", thread, text="  ")
    assert "There are no words" in office.slack.heard("ULENA")[-1]
    shortcut(office, "vera", thread)
    assert "Your roles let you read" in office.slack.heard("UVERA")[-1]
    assert office.slack.views == {}


def test_home_shows_what_waits_and_the_figures(office: Office) -> None:
    pending(office.world)
    office.slack.users["UNOBODY"] = person("UNOBODY")
    for who in ("lena", "UNOBODY"):
        office.event({"type": "app_home_opened", "user": office.user(who), "tab": "home"})
    shown = texts(office.slack.homes["ULENA"]["blocks"])
    assert "Look into it" in shown
    assert "Figures of the last 30 days" in shown
    stranger = texts(office.slack.homes["UNOBODY"]["blocks"])
    assert "is not linked to a person" in stranger
    assert "Look into it" not in stranger
    assert office.slack.refused == []
