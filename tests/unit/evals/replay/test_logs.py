"""The logs as they are read: rows of our own making here, the real ones where the public data sets are."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from defusedxml.common import DTDForbidden

from app.settings import load_settings
from app.workflow.deliveries import Read, read
from app.workflow.mapping import Mapping
from evals.bench.replay import MAPPINGS
from evals.replay import logs
from evals.replay.senders import with_duplicates

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FOLDER = Path(logs.__file__).parent
MAPPED = {
    name: Mapping.model_validate(json.loads((FOLDER / file).read_text("utf-8"))) for name, file in MAPPINGS.items()
}
XES = """<?xml version="1.0"?>{doctype}<log xmlns="http://www.xes-standard.org"><trace>
<string key="concept:name" value="declaration7"/><event>
<date key="time:timestamp" value="2017-01-09T09:49:50.000+01:00"/><string key="(case)_Amount" value="26.85"/>
<string key="concept:name" value="Payment Handled"/><string key="id" value="step 1"/>
<string key="org:role" value="UNDEFINED"/></event></trace></log>"""


def _xes(path: Path, doctype: str = "") -> Path:
    path.write_bytes(gzip.compress(XES.format(doctype=doctype).encode()))
    return path


def test_a_step_of_approval_is_told_as_its_system_would(tmp_path: Path) -> None:
    (sent,) = logs.approvals(_xes(tmp_path / "log.xes.gz"), "declarations")
    assert sent.at == datetime(2017, 1, 9, 8, 49, 50, tzinfo=UTC)
    made = MAPPED["declarations"].envelope(sent.body, "declarations")
    assert (made["type"], made["id"]) == ("expenses.payment.handled", "declaration7/step 1")
    assert made["data"] == {"request": "declaration7", "step": "Payment Handled", "amount": "26.85"}


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    """Entities come with one: a log that would read files or grow without bound is not parsed."""
    path = _xes(tmp_path / "log.xes.gz", '<!DOCTYPE log [<!ENTITY a "b">]>')
    with pytest.raises(DTDForbidden):
        list(logs.approvals(path, "declarations"))


def test_a_tenth_comes_twice_and_what_comes_is_drawn_again_the_same() -> None:
    events = [logs.Sent("desk", NOW, {"n": number}) for number in range(500)]
    sent = with_duplicates(events, 0.1, 7)
    assert (len(sent), sent) == (550, with_duplicates(events, 0.1, 7))
    firsts = list(dict.fromkeys(each.body["n"] for each in sent))
    assert firsts == list(range(500))


@pytest.mark.slow
def test_every_row_of_the_real_logs_is_an_event_of_its_own() -> None:
    data = load_settings().data_dir
    if absent := logs.missing(data):
        pytest.skip(f"no public data sets: {data} holds no {absent[0]}")
    seen: dict[str, set[str]] = {name: set() for name in MAPPED}
    events = logs.merged(data, 20_000, NOW)
    assert [sent.at for sent in events] == sorted(sent.at for sent in events)
    for sent in events:
        taken = read(0, MAPPED[sent.source].envelope(sent.body, sent.source), NOW, "none")
        assert isinstance(taken, Read), (sent, taken)
        assert taken.event.id not in seen[sent.source], taken.event.id
        assert abs((taken.event.time - sent.at).total_seconds()) < 60
        seen[sent.source].add(taken.event.id)
    assert sum(map(len, seen.values())) == len(events)
    assert min(map(len, seen.values())) > 1_000
