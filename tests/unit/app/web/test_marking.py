import html
import re

from hypothesis import given
from hypothesis import strategies as st

from app.views.words import visible
from app.web.marking import marked


def test_what_is_found_in_no_record_is_marked_where_it_stands() -> None:
    shown = marked("We refund EUR 750.00\nby 25 December\n2026.", ["25 December 2026", "EUR 750.00", "refund"])
    assert shown == (
        "We <mark>refund</mark> <mark>EUR 750.00</mark>\nby <mark>25 December\n2026</mark>."
    )  # fmt: skip


def test_markup_in_a_draft_stays_text() -> None:
    shown = marked("<script>a</script> & <b>", ["<script>a</script>", "b"])
    assert "<script" not in shown
    assert "<mark>&lt;script&gt;a&lt;/script&gt;</mark>" in shown
    assert "&amp; &lt;<mark>b</mark>&gt;" in shown


def test_the_longest_piece_is_marked_as_a_whole() -> None:
    assert marked("EUR 750.00", ["750", "EUR 750.00"]) == "<mark>EUR 750.00</mark>"


@given(st.text(max_size=80), st.lists(st.text(max_size=6), max_size=5))
def test_marking_changes_no_word_and_lets_no_markup_through(text: str, pieces: list[str]) -> None:
    shown = str(marked(text, pieces))
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<mark>", "</mark>"}
    assert html.unescape(re.sub("</?mark>", "", shown)) == visible(text)
