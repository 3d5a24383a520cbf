"""Look: colours and keys as each reader chose them, kept in a cookie of its own that says nothing else."""

from typing import Any, Final

from fastapi import Request, Response

THEMES: Final = ("light", "dark")
_COOKIE: Final = "countersign-look"
_YEAR_S: Final = 365 * 24 * 3600


def of(request: Request) -> dict[str, Any]:
    """`theme` is `light`, `dark` or empty (as the system says); `keys`: whether single letters are shortcuts."""
    theme, _, keys = request.cookies.get(_COOKIE, "").partition(".")
    return {"theme": theme if theme in THEMES else "", "keys": keys != "off"}


def keep(response: Response, *, theme: str, keys: bool) -> None:
    value = f"{theme if theme in THEMES else ''}.{'on' if keys else 'off'}"
    response.set_cookie(_COOKIE, value, max_age=_YEAR_S, httponly=True, samesite="lax", path="/")
