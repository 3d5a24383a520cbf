import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.extraction import extract, facts, newest
from tools.facts import Trust

ROOT = Path(__file__).resolve().parents[4]
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def found(text: str, kind: str, locale: str = "en-GB") -> list[object]:
    return [one.value for one in extract(text, MONDAY, locale) if one.kind == kind]


@pytest.mark.parametrize(
    ("text", "locale", "amounts"),
    [
        ("The quote was €12,500.50 in all.", "en-GB", ["EUR 1250050"]),
        ("Das Angebot lag bei 12.500,50 Euro.", "de-DE", ["EUR 1250050"]),
        ("between 3 and 5k USD", "en-US", ["USD 500000", "USD 300000"]),
        ("about £1.2m", "en-GB", ["GBP 120000000"]),
        ("CHF 18'400.- netto", "de-CH", ["CHF 1840000"]),
        ("JPY 30,000", "en-GB", ["JPY 30000"]),
        ("chapter 3,000 and 12 people", "en-GB", []),
    ],
)
def test_amounts_in_minor_units(text: str, locale: str, amounts: list[str]) -> None:
    assert sorted(map(str, found(text, "amount", locale))) == sorted(amounts)


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("by 4 May please", "en-GB", "2026-05-04"),
        ("on 3/4/2026", "en-GB", "2026-04-03"),
        ("on 3/4/2026", "en-US", "2026-03-04"),
        ("bis zum 17.4. bitte", "de-DE", "2026-04-17"),
        ("am 3. Mai", "de-DE", "2026-05-03"),
        ("tomorrow then", "en-GB", "2026-03-03"),
        ("in zwei Wochen", "de-DE", "2026-03-16"),
        ("next Tuesday", "en-GB", "2026-03-10"),
        ("until Thursday", "en-GB", "2026-03-05"),
        ("in KW 15", "de-DE", "2026-04-06"),
        ("by the end of next week", "en-GB", "2026-03-13"),
        ("within 3 working days", "en-GB", "2026-03-05"),
        ("before the end of June", "en-GB", "2026-06-30"),
        ("on 10 January", "en-GB", "2026-01-10"),
        ("on 10 August", "en-GB", "2026-08-10"),
        ("on Good Friday", "en-GB", "2026-04-03"),
    ],
)
def test_dates_count_from_the_day_of_writing(text: str, locale: str, day: str) -> None:
    assert found(text, "date", locale) == [day]


@pytest.mark.parametrize("text", ["in March", "this quarter", "version 4.12 of the guide", "31/02/2026", "room 3-4"])
def test_what_is_no_day_is_not_taken_for_one(text: str) -> None:
    assert found(text, "date") == []


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("We estimate 3 person-days.", 1_440),
        ("It takes two and a half days of work.", 1_200),
        ("Der Aufwand beträgt 12 Stunden.", 720),
        ("Das sind 4 Personentage.", 1_920),
        ("two developers for three days", 2_880),
    ],
)
def test_effort_in_minutes(text: str, minutes: int) -> None:
    assert found(text, "effort") == [minutes]


@pytest.mark.parametrize(
    "text", ["We need it in three days.", "He called two days ago.", "Seit vier Wochen warten wir."]
)
def test_a_span_of_time_is_not_always_effort(text: str) -> None:
    assert found(text, "effort") == []


def test_people_once_and_in_full() -> None:
    text = "Dear Ms Ada Quill,\nada asked me to call. Could Tomasz Wrona join Ada Quill?\nRegards\nBo"
    assert found(text, "person") == ["Ada Quill", "Tomasz Wrona", "Bo"]
    assert found("Sehr geehrte Frau Dr. Jana Höß, die Maschine im Lager steht seit gestern still.", "person") == [
        "Jana Höß"
    ]


def test_records_as_written_and_with_records_given_no_others() -> None:
    text = "PRJ-1042 and inv-067 belong to SOW 12, invoice no. 2026-117."
    assert found(text, "record") == ["PRJ-1042", "inv-067", "SOW 12", "2026-117"]
    known = extract(text, MONDAY, known={"prj-1042", "con-9"})
    assert [one.name for one in known if one.kind == "record"] == ["prj-1042"]


def test_what_a_mail_quotes_is_not_what_its_writer_says() -> None:
    text = "Agreed for 5 May.\n\nOn 1 March, Bo wrote:\n> It costs €900.\n> on 7 June"
    assert [one.value for one in extract(text, MONDAY)] == ["2026-05-05"]
    assert len(newest(text)) == len(text)
    assert newest("> only a quote") == "> only a quote"


def test_they_are_facts_of_the_customer_with_their_place() -> None:
    text = "We pay €900 on 5 May."
    mentions = extract(text, MONDAY)
    made = list(facts(mentions, "contact/con-1", MONDAY, "cus-1"))
    assert [(one.field, one.value, one.trust) for one in made] == [
        ("text.amount", "EUR 90000", Trust.CUSTOMER),
        ("text.date", "2026-05-05", Trust.CUSTOMER),
    ]
    assert [text[one.start : one.end] for one in mentions] == ["€900", "5 May"]
    assert made[0].id == "event#text[7:11]"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        extract("tomorrow", datetime(2026, 3, 2))


@settings(max_examples=150)
@given(st.text(max_size=300), st.sampled_from(["en-GB", "en-US", "de-DE"]))
def test_any_text_is_read_and_every_piece_lies_in_it(text: str, locale: str) -> None:
    for one in extract(text, MONDAY, locale):
        assert 0 <= one.start < one.end <= len(text)
        assert one.value is not None


@settings(max_examples=150)
@given(st.dates(date(2025, 10, 1), date(2026, 8, 1)))
def test_a_day_written_in_full_is_that_day(day: date) -> None:
    for written in (day.isoformat(), f"{day.day}.{day.month}.{day.year}", f"{day.day} {day:%B} {day.year}"):
        assert found(f"due {written} at noon", "date", "de-DE") == [day.isoformat()]


@pytest.mark.parametrize("text", ["9" * 200_000, "1,000 " * 40_000, "Anna " * 40_000, "-" * 200_000, "> " * 100_000])
def test_a_long_text_of_one_kind_takes_no_long_time(text: str) -> None:
    begin = datetime.now(UTC)
    extract(text, MONDAY)
    assert (datetime.now(UTC) - begin).total_seconds() < 20


def test_importing_it_loads_no_library() -> None:
    script = "import sys; import agents.extraction; print([m for m in ('babel', 'numpy') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
