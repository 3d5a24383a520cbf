"""What any reasoner does, whichever it is: the same tests over the embedded one and over a model behind real HTTP."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.reasoners.base import CATEGORIES, Reading, Reasoner, Vocabulary
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from agents.reasoners.openai import Client, Endpoint, Limits, OpenAIReasoner
from agents.steps import Letter
from evals.adversary.server import Asked, Loopback, Reply, said
from tests.unit.agents.small_firm import Desk, Journal, after, first, small_firm, tools

CUES = {
    "charged twice": "billing_dispute", "invoice": "billing_dispute", "down": "incident", "error": "defect",
    "add": "scope_addition", "field": "change_request", "later": "schedule_change",
}  # fmt: skip


def competent(asked: Asked) -> Reply:
    """A model that sorts by a few words, abstains where it finds none, and leaves letters as they are."""
    data = asked.data
    if asked.schema == "letter":
        return said(json.dumps({"subject": data["subject"], "body": data["body"]}))
    text, names = data["message"].casefold(), data["categories"]
    category = next((name for cue, name in CUES.items() if cue in text and name in names), None)
    urgent = "high" if "urgent" in text else "medium"
    return said(json.dumps({
        "category": category, "urgency": urgent, "impact": "medium", "confidence": 90, "language": "en",
        "why_unclear": None if category else "too_vague",
    }))  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(competent).serving() as serving:
        yield serving


@pytest.fixture(params=["embedded", "model"])
def reasoner(request: pytest.FixtureRequest, embedded: EmbeddedReasoner, server: Loopback) -> Reasoner:
    if request.param == "embedded":
        return embedded
    endpoint, limits = Endpoint("test-model", "none", server.url), Limits(retries=0)
    return OpenAIReasoner(endpoint, embedded, limits, Client(endpoint, limits))


def reading(text: str, vocabulary: Vocabulary = "request") -> Reading:
    return Reading(text, vocabulary, "ten", "cus-one", ("event#text",))


CLEAR = [
    ("We were charged twice for March, please correct the invoice.", "request", "billing_dispute"),
    ("Please add a field for the supplier's number to the order form.", "ticket", "change_request"),
    ("The portal is down for all users since 8:10, nobody can log in. This is urgent.", "ticket", "incident"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "vocabulary", "category"), CLEAR)
def test_a_clear_text_is_sorted(reasoner: Reasoner, text: str, vocabulary: Vocabulary, category: str) -> None:
    assessed = reasoner.assess(reading(text, vocabulary), Journal())
    assert assessed.category == category
    assert assessed.abstained is None
    assert assessed.confidence > 0
    assert assessed.evidence == ["event#text"]
    assert assessed.model


@pytest.mark.parametrize("text", ["", "   \n", "?!", "🎉🎉🎉", "\u200b\u202e"])
def test_a_text_without_words_is_an_abstention_with_its_reason(reasoner: Reasoner, text: str) -> None:
    assessed = reasoner.assess(reading(text), Journal())
    assert (assessed.category, assessed.confidence) == (None, 0)
    assert assessed.abstained


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), vocabulary=st.sampled_from(["request", "ticket"]))
def test_any_text_is_sorted_or_said_to_be_unclear(reasoner: Reasoner, text: str, vocabulary: Vocabulary) -> None:
    assessed = reasoner.assess(reading(text, vocabulary), Journal())
    assert (assessed.category is None) == (assessed.abstained is not None)
    assert assessed.category is None or assessed.category in CATEGORIES[vocabulary]


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\x00\x01\x02" * 10_000, "ä ö " * 100_000])
def test_a_huge_or_binary_text_is_read_all_the_same(reasoner: Reasoner, text: str) -> None:
    assert reasoner.assess(reading(text), Journal()).model


def test_the_same_text_is_read_the_same_again(reasoner: Reasoner) -> None:
    journal = Journal()
    once = reasoner.assess(reading(CLEAR[0][0]), journal)
    assert reasoner.assess(reading(CLEAR[0][0]), journal) == once


def test_threads_do_not_mix_texts_up(reasoner: Reasoner) -> None:
    wanted = [CLEAR[place % 3] for place in range(24)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: reasoner.assess(reading(one[0], one[1]), Journal()).category, wanted))
    assert found == [category for _, _, category in wanted]


def test_a_letter_says_what_its_template_says(reasoner: Reasoner) -> None:
    letter = Letter("tell", "New date", "Dear Carla,\n\nDesign is late.\n\nKind regards", ("f",), "en")
    worded = reasoner.word(letter, [], Journal())
    assert (worded.subject, worded.body) == (letter.subject, letter.body)
    assert worded.stamp


def test_the_graph_plans_the_same_and_traces_every_letter(reasoner: Reasoner) -> None:
    slip = {"milestone_id": "mil-1", "expected_on": after(17).isoformat()}
    outcome = Desk(small_firm(), reasoner).run("psa.milestone.slipped", **slip)
    assert tools(outcome)[-1] == "send_customer_message"
    assert first(outcome, "send_customer_message").ungrounded == []
    asked = Desk(small_firm(), reasoner).run(
        "psa.change_request.submitted", project_id="prj-one", text="We were charged twice, see the invoice."
    )
    assert asked.assessment.category == "billing_dispute"
    assert tools(asked) == ["create_task", "send_customer_message"]
    assert first(asked, "send_customer_message").ungrounded == []
