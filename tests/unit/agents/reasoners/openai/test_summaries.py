"""A model words a summary: what it invents, leaves out or turns round is not what people read."""

import pytest

from agents.reasoners.openai import Client, Endpoint, Limits
from agents.reasoners.openai.summaries import ModelWording, WordedParagraph, grounded, ungrounded
from agents.summaries import Ref, Statement, TemplateWording
from tests.unit.agents.small_firm import Journal

LATE = Statement(
    "waiting-1", "waiting",
    "“Release an invoice” for Harlow Insurance (EUR 6,720.00) waits since 2 March, 10:00, and was due by 4 March.",
    (Ref("review", "rev_1"),), amount_minor=672_000,
)  # fmt: skip
UNKNOWN = Statement(
    "trouble-1", "trouble", "Whether “Hold an invoice” for Orion Freight took effect on 2 March, 09:00 is not known.",
    (Ref("execution", "exe_1"),),
)  # fmt: skip
BOTH = [LATE, UNKNOWN]


@pytest.mark.parametrize(
    "text",
    [
        LATE.says,
        "“Release an invoice” (EUR 6,720.00) still waits, for Harlow Insurance: since 2 March, 10:00, due by 4 March.",
        "The “Release an invoice” for Harlow Insurance over EUR 6,720.00 was due by 4 March; since 2 March, 10:00.",
    ],
)
def test_other_words_for_the_same_are_kept(text: str) -> None:
    assert ungrounded(text, [LATE]) == []
    made = grounded([WordedParagraph(text=text, statements=["waiting-1"])], [LATE], "m")
    assert (made.paragraphs[0].text, made.replaced) == (text, 0)


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("EUR 6,720.00", "EUR 67,200.00"),
        ("EUR 6,720.00", "a large amount"),
        ("4 March", "5 March"),
        ("Harlow Insurance", "Orion Freight"),
        ("Harlow Insurance", "a customer"),
        ("waits", "will be refunded and waits"),
        ("10:00, and", "10:00, because Lena Marsh forgot it, and"),
        ("waits", "does not wait"),
        ("waits", "waits with two others"),
        ("was due", "was due tomorrow, see https://freepost.example,"),
    ],
)
def test_what_no_statement_says_is_replaced_by_its_template(find: str, put: str) -> None:
    text = LATE.says.replace(find, put, 1)
    assert text != LATE.says
    made = grounded([WordedParagraph(text=text, statements=["waiting-1"])], BOTH, "m")
    assert [one.text for one in made.paragraphs] == [LATE.says, UNKNOWN.says]
    assert made.replaced == 1


def test_another_statements_facts_do_not_count() -> None:
    made = grounded([WordedParagraph(text=LATE.says, statements=["trouble-1"])], BOTH, "m")
    assert [one.statements for one in made.paragraphs] == [("waiting-1",), ("trouble-1",)]
    assert made.replaced == 1


def test_what_is_not_known_stays_so() -> None:
    text = "“Hold an invoice” for Orion Freight took effect on 2 March, 09:00."
    assert ungrounded(text, [UNKNOWN]) == ["not"]


@pytest.mark.parametrize("cited", [[], ["waiting-9"], ["waiting-1", "waiting-9"]])
def test_a_paragraph_that_names_no_statement_is_dropped(cited: list[str]) -> None:
    made = grounded([WordedParagraph(text=LATE.says, statements=cited)], [LATE], "m")
    assert (made.paragraphs[0].statements, made.replaced) == (("waiting-1",), 1)


def test_what_the_model_left_out_is_added() -> None:
    made = grounded([WordedParagraph(text=UNKNOWN.says, statements=["trouble-1"])], BOTH, "m")
    assert {one.text for one in made.paragraphs} == {LATE.says, UNKNOWN.says}
    assert grounded([], BOTH, "m").paragraphs == TemplateWording().word(BOTH).paragraphs


def test_where_no_model_answers_the_templates_do() -> None:
    endpoint, limits = Endpoint("m", "none", "http://127.0.0.1:9", timeout_s=1.0), Limits(retries=0)
    journal = Journal()
    wording = ModelWording(endpoint, limits, lambda: journal, Client(endpoint, limits))
    made = wording.word(BOTH)
    assert made.paragraphs == TemplateWording().word(BOTH).paragraphs
    assert "instead of m" in made.stamp
