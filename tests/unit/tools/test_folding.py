import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.folding import Naming, plain, skeleton, squeezed

DISGUISED = [
    "Quillon Steel", "QUILLON STEEL", "quillon  steel", "Quillon\nSteel", "Qu\u200billon Steel", "Ｑuillon Steel",
    "Quillоn Stееl", "Quiӏӏon Steeӏ", "Quill<b></b>on Ste<i>el</i>", "Quillon&nbsp;Steel", "Q.u.i.l.l.o.n S-t-e-e-l",
    "Quíllön Stéel", "𝐐𝐮𝐢𝐥𝐥𝐨𝐧 𝗦𝘁𝗲𝗲𝗹", "QuiIIon Stee1", "ℚuillon Ꮪteel", "Quillon_Steel",
    "Quillon-Steel",
    "QuillonSteel", "qu\u00adillon steel",
]  # fmt: skip


@pytest.mark.parametrize("written", DISGUISED)
def test_a_name_is_found_in_any_disguise(written: str) -> None:
    assert Naming(f"as with {written}, we are late").names("Quillon Steel")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Quillon Steel", "Quillon and Steel"), ("Arbor", "the harbour and Harbor"), ("IT", "it is so"),
        ("Sail", "the sailor"), ("Go On", "the dragoon"), ("", "anything"), ("SAP", "sap of a tree"),
    ],
)  # fmt: skip
def test_a_part_of_another_word_is_no_name(name: str, text: str) -> None:
    assert not Naming(text).names(name)


@pytest.mark.parametrize(
    ("name", "text"), [("IT", "with IT, we"), ("SAP", "(SAP)"), ("3M", "for 3M."), ("Arbor", "ARBOR")]
)
def test_a_short_name_is_found_as_a_word(name: str, text: str) -> None:
    assert Naming(text).names(name)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_skeleton_that_neither_case_nor_spacing_changes(text: str, more: str) -> None:
    assert skeleton(text) == skeleton(f"  {text}\t")
    assert skeleton(plain(text)) == skeleton(text)
    assert squeezed(skeleton(text)).isascii() or not text.isascii()


@given(
    st.text("abcdefghij klmnop", min_size=1, max_size=30).filter(str.strip), st.text(max_size=30), st.text(max_size=30)
)
def test_a_name_between_spaces_is_always_found(name: str, before: str, after: str) -> None:
    name = name.strip()
    assert Naming(f"{before.replace('<', '')} {name} {after.replace('<', '')}").names(name)
