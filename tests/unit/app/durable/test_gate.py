import threading
import time

import pytest

from app.durable.gate import Gate


def test_no_more_than_its_width_are_inside_and_everybody_gets_in() -> None:
    gate, lock, inside, most, done = Gate(3), threading.Lock(), [0], [0], list[int]()

    def work(number: int) -> None:
        with gate.passed(f"t{number % 4}"):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            with lock:
                inside[0] -= 1
                done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(60)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert sorted(done) == list(range(60))
    assert most[0] == 3


@pytest.mark.parametrize("width", [1, 2])
def test_another_tenants_item_is_next_however_many_came_before(width: int) -> None:
    gate, order, leave = Gate(width), list[str](), threading.Semaphore(0)

    def work(tenant: str) -> None:
        with gate.passed(tenant):
            order.append(tenant)
            leave.acquire(timeout=20)

    def came(count: int) -> None:
        until = time.monotonic() + 20
        while len(order) < count and time.monotonic() < until:
            time.sleep(0.001)

    threads = [threading.Thread(target=work, args=(tenant,)) for tenant in [*["flooder"] * 12, "other"]]
    for each in threads:
        each.start()
        time.sleep(0.02)
    came(width)
    assert order == ["flooder"] * width
    # One at a time: who of two that are let in together comes to write first is the scheduler's business.
    leave.release()
    came(width + 1)
    assert order == ["flooder"] * width + ["other"]
    leave.release(len(threads))
    for each in threads:
        each.join(20)
    assert len(order) == 13


def test_one_that_fails_makes_room() -> None:
    gate = Gate(1)
    for _ in range(3):
        try:
            with gate.passed("t"):
                raise RuntimeError
        except RuntimeError:
            pass
    with gate.passed("t"):
        pass
