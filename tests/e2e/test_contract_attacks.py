"""What somebody tries who means no good, or whose network stutters."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.approvals import executed, one
from tests.e2e.sender import Sender
from tests.e2e.site import Site, problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def at_once(count: int, act: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers to so many calls made at the same moment."""
    answers: list[httpx.Response] = []
    gate = threading.Barrier(count)

    def go(number: int) -> None:
        gate.wait()
        answers.append(act(number))

    threads = [threading.Thread(target=go, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


def test_one_event_delivered_many_times_at_once_is_taken_once(site: Site) -> None:
    sent = site.fresh("erp.invoice.drafted")
    answers = at_once(16, lambda _: site.senders["all"].post(sent))
    assert {each.status_code for each in answers} == {202}
    told = [each.json()["accepted"][0] for each in answers]
    assert Counter(each["duplicate"] for each in told) == {False: 1, True: 15}
    (case_id,) = {each["case_id"] for each in told}
    assert [each["id"] for each in site.case(case_id)["events"]].count(sent["id"]) == 1


def test_many_approvals_at_once_have_one_effect(site: Site) -> None:
    review = one(site)
    approvers = ("reviewer", "delivery_lead", "second_lead", "resource_manager", "finance", "head_of_delivery")
    answers = at_once(18, lambda number: site.verdict(review, "approve", approvers[number % len(approvers)]))
    assert Counter(each.status_code for each in answers) == {200: 1, 409: 17}
    for each in answers:
        if each.status_code == 409:
            problem(each, 409, "already_decided")
    assert executed(site, review)["status"] == "succeeded"
    ledger = site.installation.told("sandbox", "ledger", "--tenant", "demo")
    assert [each["count"] for each in ledger if each["key"] == f"cs_{review['proposal_id']}"] == [1]


def test_an_approval_and_a_rejection_at_once_leave_one_of_them(site: Site) -> None:
    for _ in range(5):
        review = one(site)

        def act(number: int, review: dict[str, Any] = review) -> httpx.Response:
            return site.verdict(review, ("approve", "reject")[number], ("reviewer", "finance")[number])

        answers = at_once(2, act)
        assert Counter(each.status_code for each in answers) == {200: 1, 409: 1}
        (won,) = [each.json()["status"] for each in answers if each.status_code == 200]
        assert site.read(f"/v1/reviews/{review['id']}")["status"] == won
        begun = [each["proposal_id"] for each in site.case(review["case_id"])["executions"]]
        assert begun.count(review["proposal_id"]) == (won == "approved")


def test_an_edit_and_an_approval_at_once_run_nothing_that_was_not_approved(site: Site) -> None:
    for _ in range(5):
        review = one(site)
        args = review["action"]["args"] | {"title": "Something quite different"}

        def act(number: int, review: dict[str, Any] = review, args: dict[str, Any] = args) -> httpx.Response:
            if number:
                return site.verdict(review, "edit", "finance", args=args)
            return site.verdict(review, "approve", "reviewer")

        at_once(2, act)
        after = site.read(f"/v1/reviews/{review['id']}")
        if after["status"] == "approved":
            execution = executed(site, review)
            assert execution["args_digest"] == review["args_digest"] == after["args_digest"]
        else:
            assert after["status"] == "pending"
            assert after["action"]["args"] == args


def test_a_rotated_secret_lasts_no_longer_than_was_said(site: Site) -> None:
    old = site.installation.sender("rotated")
    source = old.url.rpartition("/")[2]
    graceful = site.installation.told("source", "rotate", source, "--tenant", "demo")
    new = Sender(old.url, graceful["secret"], site.installation.http)
    for sender in (old, new):
        assert sender.post(site.fresh("erp.invoice.drafted")).status_code == 202
    at_once_over = site.installation.told("source", "rotate", source, "--hours", "0", "--tenant", "demo")
    newest = Sender(old.url, at_once_over["secret"], site.installation.http)
    for sender in (old, new):
        problem(sender.post(site.fresh("erp.invoice.drafted")), 401, "bad_signature")
    assert newest.post(site.fresh("erp.invoice.drafted")).status_code == 202


def test_several_signatures_in_one_header_and_unknown_versions(site: Site) -> None:
    sender = site.senders["all"]
    body = b"{}"
    signed = sender.headers(body)
    several = f"v1,AAAA v1a,xyz {signed['webhook-signature']} v2,"
    problem(sender.http.post(sender.url, content=body, headers=signed | {"webhook-signature": several}), 422,
            "invalid_body")  # fmt: skip
    drowned = " ".join(["v1,AAAA"] * 5_000)
    problem(sender.http.post(sender.url, content=body, headers=signed | {"webhook-signature": drowned}), 401,
            "bad_signature")  # fmt: skip


def test_who_holds_a_role_in_one_unit_sees_and_decides_there_alone(site: Site) -> None:
    cases = list(site.every("/v1/cases"))
    units = sorted({each["unit"] for each in cases if each["unit"]})
    if len(units) < 2:
        for kind in ("psa.change_request.submitted", "erp.invoice.drafted", "psa.milestone.slipped"):
            for sent in site.happened[kind]:
                site.case(site.senders["all"].take(sent | {"id": f"{sent['id']}-again"}))
        cases = list(site.every("/v1/cases"))
        units = sorted({each["unit"] for each in cases if each["unit"]})
    here, there = units[:2]
    token = site.installation.told(
        "token", "create", "--name", f"lead of {here}", "--role", f"delivery_lead/{here}", "--tenant", "demo"
    )["token"]  # fmt: skip
    assert {each["unit"] for each in site.every("/v1/cases", token)} == {here}
    assert {each["unit"] for each in site.every("/v1/reviews", token)} <= {here}
    hidden = next(each for each in cases if each["unit"] == there)
    problem(site.get(f"/v1/cases/{hidden['id']}", token), 404, "not_found")
    problem(site.post(f"/v1/cases/{hidden['id']}/corrections", {"kind": "dismiss"}, token), 404, "not_found")
    for review in site.read(f"/v1/cases/{hidden['id']}")["reviews"]:
        problem(site.get(f"/v1/reviews/{review['id']}", token), 404, "not_found")
        problem(site.verdict(review, "approve", token), 404, "not_found")


def test_secrets_stand_in_no_file_in_clear(site: Site) -> None:
    """Tokens are kept as digests, the secrets of sources encrypted."""
    secrets = [*site.tokens.values(), *(each.secret.removeprefix("whsec_") for each in site.senders.values())]
    for path in site.installation.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [each for each in secrets if each.encode() in content], path
    log = site.installation.log.read_text()
    assert not [each for each in secrets if each in log]
    assert (site.installation.home.stat().st_mode & 0o077) == 0
