from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory import Memory, Precedent
from agents.reasoners.base import CATEGORIES, Reading
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.heads import ERROR_TARGET, Heads
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from tests.unit.agents.small_firm import Journal
from tools.proposals import Assessment


def assess(reasoner: EmbeddedReasoner, text: str, customer: str | None = None) -> Assessment:
    return reasoner.assess(Reading(text, "request", "ten", customer, ("event#text",)), Journal())


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("We were billed for a licence that we gave back in autumn, please send a credit note.", "billing_dispute"),
        ("Could we push the go-live back by three weeks? Our warehouse is not ready.", "schedule_change"),
        ("Since yesterday's release the order form crashes with an error when we save it.", "defect"),
        ("Please take the newsletter module out of the project, we no longer need it.", "scope_reduction"),
        ("We also need the portal in Italian, in addition to what was agreed.", "scope_addition"),
        ("Our data protection officer asks for the list of sub-processors under the GDPR.", "compliance"),
        ("We would like another senior developer on the team from next month.", "staffing_change"),
        ("How do I find out which version is installed?", "question"),
        ("Auf Ihrer Rechnung stehen zwei Tage zu viel, bitte senden Sie uns eine Gutschrift.", "billing_dispute"),
        ("Bitte verschieben Sie den Termin um zwei Wochen nach hinten.", "schedule_change"),
        ("Den Chatbot brauchen wir nicht mehr, bitte streichen Sie ihn aus dem Auftrag.", "scope_reduction"),
        ("Seit gestern bricht der Export mit einer Fehlermeldung ab, die Dateien sind leer.", "defect"),
        ("Wir hätten zusätzlich gern eine Maske für die Retouren, die war nicht vereinbart.", "scope_addition"),
        ("Könnten Sie uns ab Juni eine zweite Beraterin mit SAP-Erfahrung schicken?", "staffing_change"),
        (
            "Der Wirtschaftsprüfer verlangt einen Nachweis, wie lange Sie die Daten speichern.",
            "compliance",
        ),
    ],
)
def test_plain_cases_get_their_category(embedded: EmbeddedReasoner, text: str, category: str) -> None:
    assert assess(embedded, text).category == category


@pytest.mark.parametrize(
    "text", ["", "   ", "\u202e\u200b", "???", "Merci de bien vouloir reporter la réunion de deux semaines."]
)
def test_what_cannot_be_read_is_an_abstention_with_a_reason(embedded: EmbeddedReasoner, text: str) -> None:
    assessed = assess(embedded, text)
    assert assessed.category is None
    assert assessed.abstained


def test_nonsense_is_an_abstention(embedded: EmbeddedReasoner) -> None:
    assessed = assess(embedded, "purple ladder eleven sings the quiet cupboard of seven moons and butter")
    assert assessed.category is None
    assert "no category is clear" in str(assessed.abstained) or "unlike" in str(assessed.abstained)


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("Thank you so much, your team did a brilliant job with the launch!", "positive"),
        ("This is the third time that it fails and nobody calls back. We are very disappointed.", "negative"),
        ("Please send the minutes of the meeting to our new address.", "neutral"),
        ("Vielen Dank, die Schulung war großartig und alle waren begeistert.", "positive"),
        ("Wir sind sehr enttäuscht, schon wieder eine falsche Rechnung.", "negative"),
        ("How kind of you to write. We had stopped waiting for an answer some weeks ago.", "negative"),
    ],
)
def test_how_a_customer_sounds_is_told(embedded: EmbeddedReasoner, text: str, sentiment: str) -> None:
    assert assess(embedded, text).sentiment == sentiment


def test_of_what_is_not_read_no_sentiment_is_told(embedded: EmbeddedReasoner) -> None:
    assert assess(embedded, "Nous sommes très déçus de la dernière livraison, c'est inacceptable.").sentiment is None


def test_hidden_characters_change_nothing(embedded: EmbeddedReasoner) -> None:
    reasoner = embedded
    text = "We were charged twice for March, please correct the invoice."
    hidden = text.replace("charged", "cha\u200brg\u202eed")
    assert assess(reasoner, text) == assess(reasoner, hidden)


def test_urgency_said_in_words_counts_and_its_denial_too(embedded: EmbeddedReasoner) -> None:
    reasoner = embedded
    assert assess(reasoner, "The import fails. This is urgent, please fix it immediately.").urgency == "high"
    assert assess(reasoner, "The import fails. It is not urgent, whenever you have time.").urgency == "low"


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_any_text_is_assessed_the_same_way_twice(embedded: EmbeddedReasoner, text: str) -> None:
    reasoner = embedded
    assessed = assess(reasoner, text)
    assert assessed.category in (None, *CATEGORIES["request"])
    assert (assessed.category is None) == (assessed.abstained is not None)
    assert assessed == assess(reasoner, text)


def test_a_precedent_of_the_same_customer_settles_a_doubt_and_one_of_another_is_not_seen(
    encoder: Encoder, tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "memory", encoder.version)
    reasoner = EmbeddedReasoner(encoder, memory)
    text = "Please handle the Tuesday thing the way we agreed on the phone."
    before = assess(reasoner, text, "cus-one")
    memory.remember("ten", precedent("pre-1", "staffing_change", "cus-one"), encoder.encode([text])[0])
    assert assess(reasoner, text, "cus-one").category == "staffing_change"
    assert assess(reasoner, text, "cus-two") == before
    memory.close()


def precedent(ident: str, kind: str, customer: str) -> Precedent:
    return Precedent(
        id=ident, text_digest="sha256:" + "0" * 64, kind=kind, urgency="medium", impact="medium", customer=customer,
        source="correction", at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def test_a_memory_that_is_down_costs_nothing_but_the_precedents(
    encoder: Encoder, embedded: EmbeddedReasoner, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    text = "We were charged twice for March, please correct the invoice."
    with_fault = assess(EmbeddedReasoner(encoder, Memory(blocked, encoder.version)), text, "cus-one")
    assert with_fault == assess(embedded, text, "cus-one")


def test_the_heads_know_the_labels_and_beat_the_largest_label_by_far(encoder: Encoder) -> None:
    heads = Heads(encoder)
    assert set(heads["request"].labels) == set(CATEGORIES["request"])
    assert set(heads["ticket"].labels) == set(CATEGORIES["ticket"])
    # Cross-validated, cues not counted; guessing the largest label would be right for one in eight. The request's
    # texts are hard ones on purpose: short, sarcastic, with quoted mails, several requests and misleading subjects.
    assert heads.report("request")["accuracy"] >= 0.65
    assert heads.report("ticket")["accuracy"] >= 0.6
    assert heads.report("sentiment")["accuracy"] >= 0.65
    assert heads.report("impact")["accuracy"] >= 0.65
    assert heads.report("urgency")["accuracy"] >= 0.7
    # German is read worse, and is therefore answered only where it is surer.
    assert heads.threshold("request", "de") > heads.threshold("request", "en")
    assert heads.report("request")["error"] < ERROR_TARGET + 0.01  # before what is strange is left out: at most that
