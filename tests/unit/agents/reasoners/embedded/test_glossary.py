from hypothesis import given
from hypothesis import strategies as st

from agents.reasoners.embedded.glossary import for_encoder


def test_known_words_stand_in_english_and_the_others_are_left_out() -> None:
    assert for_encoder("Bitte streichen Sie den Chatbot.", "de") == "please cancel you ."


def test_a_word_is_known_by_its_beginning_and_by_what_it_is_composed_with() -> None:
    assert for_encoder("Rechnungen", "de") == for_encoder("Schlussrechnung", "de") == "invoice"


def test_short_words_are_known_whole_alone() -> None:
    assert for_encoder("an", "de") == "to"
    assert for_encoder("Anna", "de") == "Anna"


def test_figures_stay() -> None:
    assert for_encoder("Rechnung 4711", "de") == "invoice 4711"


def test_other_languages_and_what_has_no_known_word_stay_as_they_are() -> None:
    assert for_encoder("Please cancel the Rechnung.", "en") == "Please cancel the Rechnung."
    assert for_encoder("Xyzzy  qwx", "de") == "Xyzzy  qwx"


@given(st.text(max_size=200))
def test_any_text_is_given_some_way_and_never_as_nothing(text: str) -> None:
    assert for_encoder(text, "de").strip() or not text.strip()


def test_a_word_without_end_costs_nothing() -> None:
    assert for_encoder("z" * 100_000, "de") == "z" * 100_000
