"""Single sign-on: a firm's provider, set on the machine, and whose each of its accounts is.

An account is known by issuer and subject. It becomes a person's by their own hand while they are signed in otherwise,
or on the machine; by its e-mail address only where the firm says so, the provider has verified it, and the person never
had another. An account that spoke for one person never speaks for another.
"""

from dataclasses import replace

from sqlmodel import Session, col, select

from app.actor import Actor
from app.errors import Problem
from app.ground import Ground
from app.identity.entries import code, put_on_record
from app.identity.openid import Claims, Client, require_safe
from app.identity.principals import MACHINE, get
from app.identity.tokens import actor_from
from app.store.engine import read_only, unit_of_work
from app.store.models import IdentityProvider, LinkedIdentity, Principal

RETURN_PATH = "/sign-in/provider/return"
_UNKNOWN = (
    "This account of your identity provider is nobody's here. Sign in by a link or a password and tie it to yourself "
    "on your account's page, or ask an admin."
)


def set_provider(
    ground: Ground, actor: Actor, issuer: str, client_id: str, secret: str | None, *, by_verified_email: bool
) -> None:  # fmt: skip
    """The firm's provider from now on. On the machine only: whoever controls it can be everybody of the firm.

    Raises Problem `not_permitted`, `unauthenticated` (an issuer that is not https).
    """
    if actor.principal_id != MACHINE:
        raise Problem("not_permitted", "An identity provider is set on the machine, by `countersign sso set`.")
    require_safe(issuer)
    with unit_of_work(ground.engine) as session:
        session.merge(
            IdentityProvider(
                tenant=actor.tenant, issuer=issuer, client_id=client_id, by_verified_email=by_verified_email,
                client_secret=None if secret is None else ground.secrets.seal(secret, _purpose(actor.tenant)),
                set_at=ground.clock(),
            )
        )  # fmt: skip
        session.flush()
        put_on_record(
            ground, session, actor, "identity_provider.set",
            details={"issuer": code(issuer), "client": code(client_id), "by_verified_email": by_verified_email},
        )  # fmt: skip


def end_provider(ground: Ground, actor: Actor) -> None:
    """Nobody signs in through the provider any more. Raises Problem `not_permitted`, `not_found`."""
    if actor.principal_id != MACHINE:
        raise Problem("not_permitted", "An identity provider is removed on the machine, by `countersign sso remove`.")
    with unit_of_work(ground.engine) as session:
        row = session.get(IdentityProvider, actor.tenant)
        if row is None:
            raise Problem("not_found", "This firm has no identity provider.")
        session.delete(row)
        put_on_record(ground, session, actor, "identity_provider.removed", details={"issuer": code(row.issuer)})


def client_of(ground: Ground, tenant: str) -> Client:
    """As whom the firm's people are signed in. Raises Problem `not_found` where it has no provider."""
    with read_only(ground.engine) as session:
        row = session.get(IdentityProvider, tenant) if tenant.isprintable() else None
    if row is None:
        raise Problem("not_found", "This firm has no identity provider.")
    secret = None if row.client_secret is None else ground.secrets.open(row.client_secret, _purpose(tenant))
    return Client(row.issuer, row.client_id, secret, ground.settings.public_url + RETURN_PATH)


def has_providers(ground: Ground) -> bool:
    """Whether any firm here has one; which, nobody is told before they have said their firm."""
    with read_only(ground.engine) as session:
        return session.exec(select(IdentityProvider.tenant).limit(1)).first() is not None


def person_of(ground: Ground, tenant: str, claims: Claims) -> Principal:
    """Whom the provider's claims sign in. Raises Problem `unauthenticated`."""
    with unit_of_work(ground.engine) as session:
        provider = session.get(IdentityProvider, tenant)
        if provider is None or provider.issuer != claims.issuer:
            raise Problem("unauthenticated", "The firm's identity provider has changed; begin anew.")
        link = session.get(LinkedIdentity, (tenant, claims.issuer, claims.subject))
        if link is not None:
            row = None if link.ended_at else session.get(Principal, link.principal_id)
        else:
            row = _by_address(session, tenant, claims) if provider.by_verified_email else None
            if row is not None:
                actor = replace(actor_from(row, "web"), signed_in_how="oidc", signed_in_at=ground.clock())
                _link(ground, session, actor, row, claims.issuer, claims.subject, "verified_email")
        if row is None or not row.active or row.kind != "person":
            raise Problem("unauthenticated", _UNKNOWN)
        return row


def link_own(ground: Ground, actor: Actor, claims: Claims) -> None:
    """The account is the actor's, who has just signed in to it. Raises Problem `not_permitted`."""
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, actor.principal_id)
        _link(ground, session, actor, row, claims.issuer, claims.subject, "own_hand")


def link_subject(ground: Ground, actor: Actor, principal_id: str, subject: str) -> None:
    """Says on the machine whose the provider's account is. Raises Problem `not_permitted`, `not_found`."""
    if actor.principal_id != MACHINE:
        raise Problem("not_permitted", "Accounts of others are linked on the machine, by `countersign sso link`.")
    with unit_of_work(ground.engine) as session:
        provider = session.get(IdentityProvider, actor.tenant)
        if provider is None:
            raise Problem("not_found", "This firm has no identity provider.")
        row = get(session, actor.tenant, principal_id)
        _link(ground, session, actor, row, provider.issuer, subject, "machine")


def end_links(ground: Ground, actor: Actor, principal_id: str) -> int:
    """A person's accounts sign nobody in from now on; answers how many. By themselves or an admin.

    Raises Problem `not_permitted`, `not_found`.
    """
    with unit_of_work(ground.engine) as session:
        row = get(session, actor.tenant, principal_id)
        if actor.principal_id != row.id:
            actor.require({"admin"})
        ended = [link for link in _of_person(session, row) if link.ended_at is None]
        for link in ended:
            link.ended_at = ground.clock()
            session.add(link)
        if ended:
            put_on_record(ground, session, actor, "identity.unlinked", refs={"principal": row.id})
        return len(ended)


def _link(
    ground: Ground, session: Session, actor: Actor, row: Principal, issuer: str, subject: str, how: str
) -> None:  # fmt: skip
    if row.kind != "person" or not row.active:
        raise Problem("not_permitted", "Only an active person's account is linked.")
    link = session.get(LinkedIdentity, (row.tenant, issuer, subject))
    if link is not None and link.principal_id != row.id:
        raise Problem("not_permitted", "This account is or was another person's.")
    now = ground.clock()
    for other in _of_person(session, row):
        if other.issuer == issuer and other.subject != subject and other.ended_at is None:
            other.ended_at = now
            session.add(other)
    if link is None:
        link = LinkedIdentity(
            tenant=row.tenant, issuer=issuer, subject=subject, principal_id=row.id, linked_at=now
        )  # fmt: skip
    link.linked_at, link.ended_at = now, None
    session.add(link)
    session.flush()
    put_on_record(
        ground, session, actor, "identity.linked", refs={"principal": row.id}, details={"how": how},
        payloads={"identity": (row.id, {"issuer": issuer, "subject": subject})},
    )  # fmt: skip


def _by_address(session: Session, tenant: str, claims: Claims) -> Principal | None:
    """The one active person of the verified address, if no account of the provider was ever theirs."""
    if claims.email is None:
        return None
    people = session.exec(select(Principal).where(col(Principal.tenant) == tenant, col(Principal.kind) == "person"))
    found = [row for row in people if (row.email or "").strip().casefold() == claims.email]
    if len(found) != 1 or any(link.issuer == claims.issuer for link in _of_person(session, found[0])):
        return None
    return found[0]


def _of_person(session: Session, row: Principal) -> list[LinkedIdentity]:
    query = select(LinkedIdentity).where(
        col(LinkedIdentity.tenant) == row.tenant, col(LinkedIdentity.principal_id) == row.id
    )
    return list(session.exec(query.order_by(col(LinkedIdentity.issuer), col(LinkedIdentity.subject))))


def _purpose(tenant: str) -> str:
    return f"identity provider/{tenant}"
