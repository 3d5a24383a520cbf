"""Branding: the name, the colours and the logo under which a firm's people see the pages."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from sqlmodel import select

from app.actor import Actor
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.store.engine import read_only, unit_of_work
from app.store.models import Logo, Tenant

MAY_BRAND: Final = frozenset({"admin"})
MOST_BYTES: Final = 24 * 1024
LONGEST_NAME: Final = 40
GROUNDS: Final[Mapping[str, str]] = {"light": "#f0f1ed", "dark": "#1b201e"}
"""On what the accent stands, where it is seen worst: see the style sheet."""
_ENOUGH: Final = 4.5
_INKS: Final[Mapping[str, tuple[str, str]]] = {"light": ("#ffffff", "#10201a"), "dark": ("#10201a", "#ffffff")}
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_TYPES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"), (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)  # fmt: skip


def set_brand(
    ground: Ground, actor: Actor, *, name: str, light: str, dark: str, logo: bytes | None = None
) -> None:  # fmt: skip
    """`light` and `dark` are the accent on light and on dark ground, as `#rrggbb`; what is empty stays the product's.

    `logo` is a PNG, JPEG or WebP; empty takes it away, None leaves it. A colour that could not be read where it stands
    is refused. Raises Problem `not_permitted`, `invalid_body`, `too_large`.
    """
    actor.require(MAY_BRAND)
    wanted = {"name": " ".join(name.split()), "light": light.strip().lower(), "dark": dark.strip().lower()}
    if len(wanted["name"]) > LONGEST_NAME or not wanted["name"].isprintable():
        raise _invalid("/name", f"must be at most {LONGEST_NAME} printable characters")
    for theme, ground_colour in GROUNDS.items():
        colour = wanted[theme]
        if colour and not _COLOUR.fullmatch(colour):
            raise _invalid(f"/{theme}", "must be a colour like #226350")
        if colour and (found := contrast(colour, ground_colour)) < _ENOUGH:
            raise _invalid(f"/{theme}", f"has a contrast of {found:.1f} to its ground; from {_ENOUGH} it can be read")
    picture = None if logo is None else _picture(actor.tenant, logo)
    if picture is not None:
        wanted["logo"] = picture.digest
    with unit_of_work(ground.engine) as session:
        firm = session.get_one(Tenant, actor.tenant)
        brand = dict(firm.brand or {}) | wanted
        if brand == (firm.brand or {}):
            return
        firm.brand = brand
        session.add(firm)
        if picture is not None:
            session.merge(picture)
        put_on_record(ground, session, actor, "tenant.branded", payloads={"brand": ("tenant", brand)})


def _picture(tenant: str, image: bytes) -> Logo:
    if len(image) > MOST_BYTES:
        raise Problem("too_large", f"A logo has at most {MOST_BYTES // 1024} KiB.")
    media = next((media for begins, media in _TYPES if begins.match(image)), "")
    if image and not media:
        raise _invalid("/logo", "must be a PNG, JPEG or WebP picture")
    return Logo(tenant=tenant, digest=sha256(image).hexdigest()[:16] if image else "", type=media, image=image)


def logo(ground: Ground, tenant: str) -> Logo | None:
    with read_only(ground.engine) as session:
        return session.get(Logo, tenant)


def firm_of(ground: Ground, tenant: str) -> Tenant:
    with read_only(ground.engine) as session:
        return session.get_one(Tenant, tenant)


def only_firm(ground: Ground) -> Tenant | None:
    """The firm of an installation that has no other."""
    with read_only(ground.engine) as session:
        firms = session.exec(select(Tenant).limit(2)).all()
        return firms[0] if len(firms) == 1 else None


def style(brand: Mapping[str, str] | None) -> str:
    """What the pages' own style sheet asks for. The ink on an accent is the one that is read better there."""
    rules = []
    for theme, inks in _INKS.items():
        if colour := (brand or {}).get(theme):
            ink = max(inks, key=lambda each: contrast(each, colour))
            rules.append(f"--accent-{theme}: {colour}; --on-accent-{theme}: {ink};")
    return f":root {{ {' '.join(rules)} }}\n" if rules else ""


def contrast(one: str, other: str) -> float:
    """From 1 to 21, of two colours `#rrggbb`. Source: WCAG 2.2, contrast ratio and relative luminance."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
