"""OpenID Connect, as a relying party: discovery, the code flow with PKCE, and the check of the ID token.

OpenID Connect Core 1.0 (3.1) and Discovery 1.0, RFC 7636 (PKCE, S256), RFC 9207 (`iss` in the answer). Nothing here
knows who anybody is: the outcome is the provider's claims, or a Problem.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import Problem

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Signatures by a key that only the provider has; never `none`, never a shared secret."""
_TIMEOUT_S = 5.0
_MOST_BYTES = 256 * 1024
_LEEWAY_S = 60
_LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Provider(BaseModel):
    """What discovery says of a provider, as far as it is needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True)
class Client:
    """As whom this service speaks to a provider. `secret` None: a public client."""

    issuer: str
    client_id: str
    secret: str | None
    return_to: str


@dataclass(frozen=True)
class Attempt:
    """What one browser's sign-in must come back with."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True)
class Claims:
    """Whom the provider vouches for. `email` only where it says that it verified the address."""

    issuer: str
    subject: str
    email: str | None


def discover(issuer: str) -> Provider:
    """Raises Problem `unavailable` (no answer), `unauthenticated` (one that is not to be trusted)."""
    require_safe(issuer)
    try:
        found = Provider.model_validate(_json("GET", issuer.rstrip("/") + "/.well-known/openid-configuration"))
    except ValidationError as invalid:
        raise _untrusted("its configuration is incomplete") from invalid
    if found.issuer != issuer:
        raise _untrusted("it says that it is another issuer")
    for endpoint in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        require_safe(endpoint)
    return found


def require_safe(url: str) -> None:
    """Raises Problem `unauthenticated` for an address that is not https, unless it is this machine's own."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.fragment:
        raise _untrusted("an address of it is malformed")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise _untrusted("an address of it is not https")


def address(provider: Provider, client: Client, attempt: Attempt) -> str:
    """Where the browser goes to sign in."""
    challenge = base64.urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": client.return_to,
        "scope": "openid email", "state": attempt.state, "nonce": attempt.nonce, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"


def redeem(provider: Provider, client: Client, attempt: Attempt, answer: Mapping[str, str], now: datetime) -> Claims:
    """Whom the browser's answer is about. Raises Problem `unauthenticated`, `unavailable`."""
    if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise _failed("it does not belong to a sign-in that this browser began")
    if answer.get("iss", provider.issuer) != provider.issuer:
        raise _failed("it comes from another provider")
    if "error" in answer or not answer.get("code"):
        raise _failed("the provider did not let you in")
    body = {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": client.return_to,
        "code_verifier": attempt.verifier, "client_id": client.client_id,
    }  # fmt: skip
    # Form-encoded first, as RFC 6749 (2.3.1) has it.
    basic = None if client.secret is None else (_encoded(client.client_id), _encoded(client.secret))
    tokens = _json("POST", provider.token_endpoint, data=body, auth=basic)
    token = tokens.get("id_token") if isinstance(tokens, dict) else None
    if not isinstance(token, str):
        raise _failed("the provider sent no ID token")
    return _checked(token, provider, client, attempt, now)


def _checked(token: str, provider: Provider, client: Client, attempt: Attempt, now: datetime) -> Claims:
    try:
        keys = KeySet.import_key_set(_json("GET", provider.jwks_uri))
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=_LEEWAY_S, iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": client.client_id}, exp={"essential": True}, iat={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": attempt.nonce},
        ).validate(claims)  # fmt: skip
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _failed("the provider's ID token does not hold") from error
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in claims) and claims.get("azp") != client.client_id:
        raise _failed("the provider's ID token is for another client")
    subject = claims["sub"]
    if not 1 <= len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise _failed("the provider's ID token names nobody")
    email = claims.get("email") if claims.get("email_verified") is True else None
    return Claims(provider.issuer, subject, email.strip().casefold() if isinstance(email, str) else None)


def _encoded(text: str) -> str:
    return urlencode({"": text})[1:]


def _json(method: str, url: str, **sent: Any) -> Any:
    """The JSON that an address answers with; redirects are not followed, and no proxy of the environment is asked."""
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as http,
            http.stream(method, url, headers={"Accept": "application/json"}, **sent) as response,
        ):
            read = bytearray()
            for chunk in response.iter_bytes():
                read += chunk
                if len(read) > _MOST_BYTES:
                    raise _untrusted("its answer is too large")
            status = response.status_code
    except httpx.HTTPError as error:
        raise Problem("unavailable", "The identity provider does not answer; try again later.") from error
    if status >= 500:
        raise Problem("unavailable", "The identity provider is not well; try again later.")
    if status != 200:
        raise _failed(f"the provider refused it ({status})")
    try:
        return httpx.Response(200, content=bytes(read)).json()
    except ValueError as error:
        raise _untrusted("its answer is no JSON") from error


def _failed(why: str) -> Problem:
    return Problem("unauthenticated", f"The sign-in did not succeed: {why}. Begin it anew.")


def _untrusted(why: str) -> Problem:
    return Problem("unauthenticated", f"The identity provider cannot be used: {why}.")
