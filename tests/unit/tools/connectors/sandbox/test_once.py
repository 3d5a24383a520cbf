"""Once, also when many ask at the same time through handles of their own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.unit.tools.conftest import SetClock
from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.records import Invoice, Notice


def test_eight_callers_of_twenty_keys_leave_twenty_effects(firm: Sandbox, tmp_path: Path, clock: SetClock) -> None:
    actions = [parse_action("notify_channel", {"channel": "#all", "text": f"note {n}"}) for n in range(20)]

    def call_all(_caller: int) -> list[str]:
        with Sandbox(tmp_path / "firm.db", clock) as mine:
            return [mine.apply(action, f"key-{n}").model_dump_json() for n, action in enumerate(actions)]

    with ThreadPoolExecutor(8) as callers:
        receipts = list(callers.map(call_all, range(8)))
    assert all(found == receipts[0] for found in receipts)
    assert [(entry["count"], entry["calls"]) for entry in firm.ledger()] == [(1, 8)] * 20
    assert len(firm.find(Notice, {})) == 20


def test_one_handle_serves_many_threads(firm: Sandbox) -> None:
    invoice = firm.find(Invoice, {"status": "released"})[0]
    args = {"invoice_id": invoice.id, "amount_minor": 1, "currency": invoice.currency, "reason": "r"}
    action = parse_action("write_off", args)
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda n: firm.apply(action, f"key-{n}"), range(40)))
    after = firm.get(Invoice, invoice.id)
    assert after is not None
    assert (after.written_off_minor, after.version) == (40, invoice.version + 40)


def test_a_reset_forgets_the_keys_and_brings_the_firm_back(firm: Sandbox) -> None:
    before = firm.show("invoice", "inv-001")
    firm.apply(parse_action("notify_channel", {"channel": "#all", "text": "x"}), "k")
    firm.fault("refuse")
    firm.emit(count=3)
    assert firm.reset(7) > 4_000
    assert (firm.ledger(), firm.due_faults(), firm.waiting(), firm.lookup("k")) == ([], [], [], None)
    assert firm.show("invoice", "inv-001") == before
    assert firm.seed() == 7
