"""SecretBox: credentials at rest (webhook secrets, connector passwords), encrypted apart from the payloads' keys."""

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """A stored credential does not open with the service's key, present or former."""


class SecretBox:
    """AES-256-GCM under a key derived from the service's secret (RFC 5869). The first key seals, all of them open.

    `purpose` is bound to each sealed text, so that one credential cannot stand in for another.
    """

    def __init__(self, key: bytes, former: Sequence[bytes] = ()) -> None:
        self._boxes = [AESGCM(_derived(each)) for each in (key, *former)]

    def seal(self, secret: str, purpose: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._boxes[0].encrypt(nonce, secret.encode(), purpose.encode())).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """Raises SecretUnreadable."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except ValueError:
            raise SecretUnreadable(f"the stored secret of {purpose} is damaged") from None
        for box in self._boxes:
            try:
                return box.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()).decode()
            except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
                continue
        raise SecretUnreadable(f"the stored secret of {purpose} does not open with this key")


def _derived(key: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"countersign credentials at rest").derive(key)
