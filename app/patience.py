"""Patience: how long a client may take to send its request. One that trickles is hung up on, and others never wait."""

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as Protocol

BYTES_PER_S = 8_192
"""What a large one gets more time for: so many bytes, one second."""
_LOOKS = 4
"""Within the time that a small request has."""


class Patient(Protocol):
    """The server's HTTP protocol, with a deadline for reading. The application's own time is not counted."""

    seconds: float
    """How long a small request may take to arrive whole; also how long a new connection may say nothing."""
    _since: float | None = None
    _received = 0
    _looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()
        self._looking = self.loop.call_later(self.seconds / _LOOKS, self._look)

    def data_received(self, data: bytes) -> None:
        if self._since is None:
            self._since, self._received = self.loop.time(), 0
        self._received += len(data)
        before = self.cycle
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is not None and not cycle.more_body and (cycle is not before or not cycle.response_complete):
            self._since = None  # the request is here whole

    def connection_lost(self, exc: Exception | None) -> None:
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        now = self.loop.time()
        if self.flow.read_paused:
            self._since = now  # it is our turn, not the client's
        if self._since is not None and now - self._since > self.seconds + self._received / BYTES_PER_S:
            self.transport.close()
            return
        self._looking = self.loop.call_later(self.seconds / _LOOKS, self._look)


def patient(for_s: float) -> type[Patient]:
    """The protocol with this patience: the server makes one of it for each connection and gives it nothing."""
    return type("Patient", (Patient,), {"seconds": for_s})
