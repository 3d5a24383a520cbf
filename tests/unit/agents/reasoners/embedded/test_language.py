import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reasoners.embedded.language import language_of, plain


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Could you please move the workshop to Thursday afternoon?", "en"),
        ("Könnten Sie bitte den Workshop auf Donnerstagnachmittag verschieben?", "de"),
        ("Pourriez-vous déplacer l'atelier au jeudi après-midi, s'il vous plaît ?", "fr"),
        ("asap pls", "en"), ("Invoice 4411 wrong", "en"), ("ok", "en"), ("", "en"), ("123", "en"),
        ("請", "und"), ("Пожалуйста", "und"),
    ],
)  # fmt: skip
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text())
def test_plain_text_has_no_hidden_characters_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert not set(once) & set("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\x00")
