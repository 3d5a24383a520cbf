"""Clients that trickle and bodies that are too large: the others are answered in time and memory stays what it was."""

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from statistics import median

import psutil
import pytest

from tests.integration.backup.house import House
from tests.integration.limits.sizes import sized, tell

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300)]
CLIENTS = sized(200, 500)
_MIB = 1 << 20


@contextlib.contextmanager
def connections(house: House, count: int) -> Iterator[list[socket.socket]]:
    made: list[socket.socket] = []
    try:
        address = ("127.0.0.1", house.service.port)
        made.extend(socket.create_connection(address, timeout=10) for _ in range(count))
        yield made
    finally:
        for each in made:
            each.close()


def closed(client: socket.socket) -> bool:
    """Whether the server has hung up."""
    readable, _, _ = select.select([client], [], [], 0)
    if not readable:
        return False
    with contextlib.suppress(OSError):
        return client.recv(4096) == b""
    return True


def trickle(clients: list[socket.socket], piece: bytes) -> None:
    for each in clients:
        with contextlib.suppress(OSError):
            each.send(piece)


def answered(house: House) -> float:
    """Seconds that two requests of somebody else take together."""
    at = time.monotonic()
    assert house.service.http.get("/healthz").status_code == 200
    assert house.sender.post(house.sample).status_code == 202
    return time.monotonic() - at


def memory(house: House) -> int:
    process = house.service._process
    assert process is not None
    return int(psutil.Process(process.pid).memory_info().rss)


def test_hundreds_of_slow_clients_are_hung_up_on_and_nobody_waits_for_them(house: House) -> None:
    path = house.sender.url.partition(f":{house.service.port}")[2]
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode()
    usual = [answered(house) for _ in range(5)]
    begun = time.monotonic()
    with connections(house, CLIENTS) as clients:
        third = CLIENTS // 3
        silent, headers, bodies = clients[:third], clients[third : 2 * third], clients[2 * third :]
        trickle(headers, head)
        trickle(bodies, head + b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
        took: list[float] = []
        patience = float(house.service.environment["COUNTERSIGN_REQUEST_TIMEOUT"])
        while not took or time.monotonic() < begun + patience * 0.7:
            trickle(headers, b"X-A: b\r\n")
            trickle(bodies, b" ")
            took.append(answered(house))
            time.sleep(0.1)
        if time.monotonic() < begun + patience * 0.9:
            assert not any(map(closed, headers + bodies)), "hung up on before the time was over"
        assert median(took) <= 3 * median(usual) + 0.5, "others waited"
        while time.monotonic() < begun + patience * 1.6 + 2:
            trickle(headers, b"X-A: b\r\n")
            trickle(bodies, b" ")
            time.sleep(0.2)
        left = [len([each for each in group if not closed(each)]) for group in (silent, headers, bodies)]
        tell(f"{CLIENTS} slow clients: two requests {median(took):.3f} s, without them {median(usual):.3f} s")
        assert left == [0, 0, 0]
    assert house.service.http.get("/readyz").status_code == 200
    assert house.service.tracebacks() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_refused_without_being_kept(house: House, *, chunked: bool) -> None:
    before, answers = memory(house), []
    for _ in range(3):
        body = (b" " * 65536 for _ in range(160)) if chunked else b" " * (10 * _MIB)
        headers = {"content-type": "application/cloudevents+json"} | house.sender.headers(b"{}")
        answers.append(house.service.http.post(house.sender.url, content=body, headers=headers))
    for answer in answers:
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"
    grown = memory(house) - before
    assert grown < 8 * _MIB, f"{grown} bytes more"
