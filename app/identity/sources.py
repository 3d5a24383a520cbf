"""Sources: senders of events, their allow-lists and their signing secrets."""

import base64
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from app.actor import Actor
from app.errors import FieldError, Problem, field_errors
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.store.engine import unit_of_work
from app.store.models import Source
from app.workflow.mapping import Mapping
from app.workflow.signatures import SECRET_PREFIX, VERIFIERS

GRACE = timedelta(hours=24)
"""How long a secret that was rotated away still opens deliveries."""
CUSTOMER_FIELDS = ("text", "title", "reason", "requested_by")
ANY_TYPE = ("*",)
_TYPE = re.compile(r"[a-z0-9_*]+(\.[a-z0-9_*]+)*")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def add_source(
    ground: Ground, actor: Actor, name: str, *, verifier: str, types: Sequence[str] = ANY_TYPE,
    customer_fields: Sequence[str] = CUSTOMER_FIELDS, mapping: Any = None,
) -> tuple[str, str]:  # fmt: skip
    """A new source: its globally unique slug and its secret, told this once.

    `types` may hold patterns (`crm.*`). The slug is `name`, with a random ending where another tenant or source has it.
    `mapping` (app/workflow/mapping.py) is for a source that sends its own JSON.
    Raises Problem `not_permitted`, `invalid_body`.
    """
    actor.require({"admin"})
    try:
        mapped = None if mapping is None else Mapping.model_validate(mapping).model_dump(mode="json")
    except ValidationError as wrong:
        raise Problem("invalid_body", "The mapping is not valid.", errors=field_errors(wrong, "/mapping")) from None
    if not _SLUG.fullmatch(name):
        raise _invalid("/name", "must be lower-case letters, digits and dashes, at most 60")
    if verifier not in VERIFIERS:
        raise _invalid("/verifier", f"is not a verifier; verifiers are {', '.join(VERIFIERS)}")
    if bad := [each for each in types if not _TYPE.fullmatch(each) or len(each) > 120]:
        raise _invalid("/types", f"{bad[0]!r} is no event type and no pattern, as crm.opportunity.won and crm.* are")
    now, secret = ground.clock(), _new_secret()
    with unit_of_work(ground.engine) as session:
        slug = name
        while session.get(Source, slug) is not None:
            slug = f"{name[:50]}-{secrets.token_hex(4)}"
        session.add(
            Source(
                slug=slug, tenant=actor.tenant, verifier=verifier, types=list(dict.fromkeys(types)),
                author=f"system/{slug}", customer_fields=list(customer_fields), mapping=mapped,
                secret=ground.secrets.seal(secret, f"source/{slug}"), created_at=now,
            )
        )  # fmt: skip
        put_on_record(
            ground, session, actor, "source.added", refs={"source": slug},
            details={"verifier": verifier, "types": [code(each) for each in dict.fromkeys(types)]},
        )  # fmt: skip
    return slug, secret


def rotate_source(ground: Ground, actor: Actor, slug: str, *, grace: timedelta = GRACE) -> str:
    """A new secret for a source; the one before opens deliveries for `grace` more.

    Raises Problem `not_permitted`, `not_found`.
    """
    actor.require({"admin"})
    now, secret = ground.clock(), _new_secret()
    with unit_of_work(ground.engine) as session:
        row = session.get(Source, slug)
        if row is None or row.tenant != actor.tenant:
            raise Problem("not_found", f"There is no source {slug}.")
        row.previous_secret, row.previous_until = row.secret, now + grace
        row.secret = ground.secrets.seal(secret, f"source/{slug}")
        session.add(row)
        put_on_record(ground, session, actor, "source.rotated", refs={"source": slug})
    return secret


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
