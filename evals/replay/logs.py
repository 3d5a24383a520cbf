"""The logs, read: each row as the JSON that its system would send, with the moment at which it would.

Incidents: UCI 498, a service desk's state changes, CSV. Approvals: BPI Challenge 2020, XES (XML), read as a stream by a
parser that takes no entities and no document types.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import iterparse

INCIDENTS = "incidents/incident_events_to_2016-04.csv.gz"
APPROVALS = {
    "declarations": "eventlogs/DomesticDeclarations.xes.gz",
    "payments": "eventlogs/RequestForPayment.xes.gz",
}
_TIMES = ("opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at")
_WRITTEN = "%d/%m/%Y %H:%M"
_XES = "{http://www.xes-standard.org}"
# Numbered by the log's publisher; the rest of a trace's attributes repeat in each of its events.
_AMOUNTS = ("(case)_Amount", "(case)_RequestedAmount")


@dataclass(frozen=True)
class Sent:
    """One thing that a system tells of: which system, when, and its own JSON."""

    source: str
    at: datetime
    body: dict[str, Any]


def missing(folder: Path) -> list[str]:
    """The logs that are not in the folder of public data sets."""
    return [name for name in (INCIDENTS, *APPROVALS.values()) if not (folder / name).is_file()]


def merged(folder: Path, count: int | None, today: datetime) -> list[Sent]:
    """`count` events of the three logs by their shares of all (None: every event), in the order of their times.

    Of each log the first in time. Each log is moved on by whole days, so that what is taken of it ends before `today`:
    as if it happened now, since the service takes no event that is ten years old.
    """
    logs = [incidents(folder / INCIDENTS), *(approvals(folder / path, name) for name, path in APPROVALS.items())]
    whole = [sorted(log, key=lambda sent: sent.at) for log in logs]
    total = sum(map(len, whole))
    wanted = total if count is None else min(count, total)
    kept = [log[: round(len(log) * wanted / total)] for log in whole]
    return sorted((sent for log in kept for sent in _moved(log, today)), key=lambda sent: sent.at)


def incidents(path: Path) -> Iterator[Sent]:
    """The desk's rows as it would send them; a number is a text, what is not known is `?`, times have no zone."""
    with gzip.open(path, "rb") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        for row in csv.DictReader(text):
            body = row | {"number": f"INC{row['number']}"}
            yield Sent("desk", datetime.strptime(row["sys_updated_at"], _WRITTEN).replace(tzinfo=UTC), body)


def approvals(path: Path, source: str) -> Iterator[Sent]:
    """Steps of approval: the event's own attributes, with the name of its trace and the amount asked for."""
    with gzip.open(path, "rb") as raw:
        for _, element in iterparse(raw, events=("end",), forbid_dtd=True):
            if element.tag != f"{_XES}trace":
                continue
            named = {each.get("key"): each.get("value") for each in element if each.tag != f"{_XES}event"}
            for event in element.iter(f"{_XES}event"):
                body: dict[str, Any] = {each.get("key"): each.get("value") for each in event}
                amount = next((body[name] for name in _AMOUNTS if name in body), None)
                body |= {"trace": named["concept:name"], "amount": amount}
                yield Sent(source, datetime.fromisoformat(body["time:timestamp"]), body)
            element.clear()


def _moved(log: list[Sent], today: datetime) -> Iterator[Sent]:
    if not log:
        return
    by = timedelta(days=(today.date() - log[-1].at.astimezone(UTC).date()).days - 1)
    for sent in log:
        body = dict(sent.body)
        for name in _TIMES:
            if body.get(name, "?") != "?":
                body[name] = (datetime.strptime(body[name], _WRITTEN) + by).strftime(_WRITTEN)  # noqa: DTZ007 - as it is written
        if "time:timestamp" in body:
            body["time:timestamp"] = (datetime.fromisoformat(body["time:timestamp"]) + by).isoformat()
        yield Sent(sent.source, sent.at + by, body)
