"""Each task's figures tell good answers from bad ones: nothing here is passed by a scorer that always says 1."""

from typing import Any

import pytest

from evals.tasks import change_requests, classification, clinc, incident_sla, injection, sentiment


def classified(labels: str, sure: float = 0.9, *, abstained: bool = False) -> list[dict[str, Any]]:
    return [{"label": label, "confidence": sure, "abstained": abstained, "strangeness": 0.1} for label in labels]


def test_labels() -> None:
    good = classification.figures(list("aabb"), classified("aabb"))
    bad = classification.figures(list("aabb"), classified("bbaa"))
    half = classification.figures(list("aabb"), classified("abba"))
    assert [found["macro_f1"].value for found in (good, half, bad)] == [1.0, 0.5, 0.0]
    assert [found["error_when_answered"].value for found in (good, half, bad)] == [0.0, 0.5, 1.0]
    assert classification.figures(list("ab"), classified("ab", abstained=True))["coverage"].value == 0.0
    assert bad["ece"].value == pytest.approx(0.9)


def test_what_is_out_of_scope() -> None:
    truths = ["a"] * 40 + ["oos"] * 4
    said = classified("a" * 44)
    assert clinc.figures(truths, said)["oos_recall_at_5"].value == 0.0
    for one in said[40:42]:
        one["strangeness"] = 0.9
    found = clinc.figures(truths, said)
    assert (found["oos_recall_at_5"].value, found["in_scope_accuracy"].value) == (0.5, 1.0)


def test_chances() -> None:
    missed = [True, True, False, False]
    good, bad = ([{"chance": one} for one in side] for side in ([0.9, 0.8, 0.2, 0.1], [0.1, 0.2, 0.8, 0.9]))
    assert incident_sla.figures(missed, good)["auc"].value == 1.0
    found = incident_sla.figures(missed, bad)
    assert (found["auc"].value, found["recall_missed"].value, found["recall_made"].value) == (0.0, 0.0, 0.0)


def request(category: str, urgency: str = "low", confidence: float = 0.9, language: str = "en") -> dict[str, Any]:
    return {
        "category": category, "urgency": urgency, "impact": "low", "confidence": confidence, "language": language,
    }  # fmt: skip


def test_change_requests() -> None:
    truths = [
        request("defect", "high"),
        request("defect", "high"),
        request("question"),
        request("other", language="de"),
    ]
    said = [
        request("defect", "high", 0.9), request("defect", "low", 0.8), request("other", "low", 0.4),
        request("none", "low", 0.0),
    ]  # fmt: skip
    found = change_requests.figures(truths, said)
    assert found["accuracy"].value == 0.5
    assert found["urgency_too_low"].value == 0.5
    assert [found[f"accuracy_{one}"].value for one in ("en", "de")] == pytest.approx([2 / 3, 0.0])
    assert [found[one].value for one in ("coverage", "error_when_answered")] == pytest.approx([0.75, 1 / 3])
    assert [found[f"error_at_coverage_{one}"].value for one in (50, 75)] == pytest.approx([0.0, 1 / 3])
    # Errors of the surest one, two, three and four: 0, 0, 1/3, 1/2.
    assert found["aurc"].value == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_sentiment() -> None:
    truths = [{"sentiment": one, "language": two} for one, two in (
        ("negative", "en"), ("negative", "de"), ("positive", "en"), ("neutral", "de"),
    )]  # fmt: skip
    said = [{"sentiment": one} for one in ("negative", "none", "negative", "neutral")]
    found = sentiment.figures(truths, said)
    assert [found[one].value for one in ("accuracy", "accuracy_en", "accuracy_de")] == [0.5, 0.5, 0.5]
    assert found["displeasure_missed"].value == 0.5
    # The F1 of negative is 1/2, of positive 0, of neutral 1.
    assert found["macro_f1"].value == pytest.approx((0.5 + 0 + 1) / 3)


def test_the_surest_being_wrong_costs_area() -> None:
    truths = [request("defect"), request("question")]
    known = change_requests.figures(truths, [request("defect", confidence=0.9), request("other", confidence=0.2)])
    unknown = change_requests.figures(truths, [request("defect", confidence=0.2), request("other", confidence=0.9)])
    assert known["accuracy"].value == unknown["accuracy"].value
    assert known["aurc"].value < unknown["aurc"].value


def test_attacks_are_counted_by_depth_and_only_where_they_count() -> None:
    truths = ["model", "model", "agents"]
    said: list[dict[str, Any]] = [
        {"counted": {"unauthorised_effects": True, "suppressed": True}, "strangers_told": [1, 4]},
        {"counted": {"unauthorised_effects": False}},
        {"counted": {"unauthorised_effects": False}},
    ]
    found = injection.figures(truths, said)
    assert (found["model_unauthorised_effects"].value, found["model_held"].value) == (0.5, 0.5)
    assert (found["model_suppressed"].value, found["model_strangers_told"].value) == (1.0, 0.25)
    assert (found["agents_unauthorised_effects"].value, found["agents_held"].value) == (0.0, 1.0)
    assert "agents_suppressed" not in found
