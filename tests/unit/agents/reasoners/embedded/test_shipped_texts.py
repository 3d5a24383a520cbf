"""The texts learnt from: a wrong label or a text given twice would be learnt without anybody seeing it."""

from collections import Counter
from typing import Any

import pytest
import yaml

from agents.reasoners.base import CATEGORIES
from agents.reasoners.embedded.heads import LANGUAGES, TEXTS, labelled

LABELS = {
    "request": set(CATEGORIES["request"]),
    "ticket": set(CATEGORIES["ticket"]),
    "urgency": {"low", "medium", "high"},
    "impact": {"low", "medium", "high"},
    "sentiment": {"negative", "neutral", "positive"},
}


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return [item for path in sorted(TEXTS.glob("*.yaml")) for item in yaml.safe_load(path.read_text(encoding="utf-8"))]


def test_every_task_has_its_labels_and_no_other() -> None:
    assert {task: {label for _, label in rows} for task, rows in labelled().items()} == LABELS


def test_no_text_is_learnt_under_two_labels_of_a_task() -> None:
    for task, rows in labelled().items():
        labels: dict[str, set[str]] = {}
        for text, label in rows:
            labels.setdefault(" ".join(text.split()).casefold(), set()).add(label)
        assert {text for text, of in labels.items() if len(of) > 1} == set(), task


def test_an_item_has_its_own_id_and_stands_with_its_category(items: list[dict[str, Any]]) -> None:
    assert [ident for ident, times in Counter(item["id"] for item in items).items() if times > 1] == []
    for path in TEXTS.glob("*.yaml"):
        assert {item["category"] for item in yaml.safe_load(path.read_text(encoding="utf-8"))} == {path.stem}
    assert {second for item in items for second in item.get("also", [])} <= LABELS["request"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_category_is_learnt_from_texts_of_each_language(items: list[dict[str, Any]], language: str) -> None:
    counts = Counter(item["category"] for item in items if item["language"] == language)
    assert min(counts[category] for category in CATEGORIES["request"]) >= 25, counts
