"""The product as its own process, as `countersign serve` runs it, and what that process takes of the machine."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import psutil

from evals.bench.site import Home

HOST = "127.0.0.1"
_PATIENCE_S = 60.0
_POLL_S = 0.01


@dataclass(frozen=True)
class Serving:
    """`ready_s`: seconds from the start of the process until /readyz said yes."""

    port: int
    pid: int
    ready_s: float

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, kept open between requests."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_PATIENCE_S)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def memory_mb(self) -> float:
        """Resident memory in MB (10^6 bytes)."""
        return float(psutil.Process(self.pid).memory_info().rss) / 1e6


@contextmanager
def serving(home: Home, role: str = "all") -> Iterator[Serving]:
    """`countersign serve --role ROLE` on `home`, from ready until the block ends, then stopped as Ctrl-C stops it.

    A worker answers nobody: it is ready when it runs, and its port is of no use.

    Raises RuntimeError when it ends by itself or is not ready within a minute.
    """
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    environment |= {"COUNTERSIGN_HOME": str(home.folder), "COUNTERSIGN_DATABASE_URL": home.database_url}
    environment |= {"COUNTERSIGN_PORT": str(port), "COUNTERSIGN_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--role", role]
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while role != "worker" and not _ready(port):
            if process.poll() is not None or time.perf_counter() - begun > _PATIENCE_S:
                raise RuntimeError(f"`serve --role {role}` did not become ready (exit code {process.returncode})")
            time.sleep(_POLL_S)
        yield Serving(port, process.pid, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
