"""An OpenID provider for tests, on loopback: it lets in whom a test says, and can be told to misbehave."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENT, SECRET = "countersign", "a secret: of+the client"


@cache
def own_key() -> RSAKey:
    """Made once: finding the primes takes longer than a test should."""
    return RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class FakeProvider:
    """`claims` are those of the account that signs in next; `spoil` may change what a token says, and its header."""

    issuer: str
    key: RSAKey | ECKey = field(default_factory=own_key)
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "sub-1"})
    now: Callable[[], float] = lambda: 0.0
    spoil: Callable[[dict[str, Any], dict[str, Any]], None] = lambda _header, _claims: None
    signing: RSAKey | ECKey | OctKey | None = None
    configuration: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
        } | self.configuration  # fmt: skip

    def authorize(self, asked: dict[str, str]) -> str:
        code = token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """RFC 6749 4.1.3 with RFC 7636 4.6: a code counts once, with the verifier of its challenge."""
        asked = self.codes.pop(sent.get("code", ""), None)
        wanted = base64.b64encode(urlencode({CLIENT: SECRET}).replace("=", ":", 1).encode()).decode()
        if asked is None:
            self.refused.append("code")
            return None
        challenge = base64.urlsafe_b64encode(sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or asked["code_challenge_method"] != "S256":
            self.refused.append("verifier")
            return None
        if authorization != f"Basic {wanted}" or sent["redirect_uri"] != asked["redirect_uri"]:
            self.refused.append("client")
            return None
        at = int(self.now())
        header: dict[str, Any] = {"alg": "RS256" if isinstance(self.key, RSAKey) else "ES256", "kid": "one"}
        claims = {
            "iss": self.issuer, "aud": asked["client_id"], "nonce": asked["nonce"], "iat": at, "exp": at + 300,
        } | self.claims  # fmt: skip
        self.spoil(header, claims)
        token = jwt.encode(header, claims, self.signing or self.key, algorithms=["RS256", "ES256", "HS256"])
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}


@contextmanager
def serving(now: Callable[[], float]) -> Iterator[FakeProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            elif parts.path == "/keys":
                self._answer(KeySet([provider.key]).as_dict(private=False))
            else:
                self._answer(provider.discovery())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            made = provider.token(sent, self.headers.get("Authorization", ""))
            self._answer(made or {"error": "invalid_grant"}, 200 if made else 400)

        def _answer(self, body: Any, status: int = 200) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(f"http://127.0.0.1:{server.server_port}", now=now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
