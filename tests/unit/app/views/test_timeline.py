from app.views.timeline import told


def test_a_decision_says_what_follows() -> None:
    entry = {"kind": "decision.made", "details": {"tool": "hold_invoice", "effect": "review", "risk": 46}}
    assert told(entry) == "Policy: “Hold an invoice” waits for people, risk 46"


def test_a_verdict_says_who_did_what() -> None:
    assert told({"kind": "verdict.given", "details": {"verdict": "edit", "tool": "write_off"}}) == (
        "Changed the arguments of “Write off part of an invoice”"
    )


def test_a_refusal_says_why() -> None:
    assert (
        told({"kind": "verdict.refused", "details": {"code": "self_approval"}})
        == "A verdict was refused: self approval"
    )


def test_what_nobody_worded_is_said_as_it_is() -> None:
    assert told({"kind": "source.rotated", "details": {}}) == "Source rotated"
