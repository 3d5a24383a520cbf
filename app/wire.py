"""Strict JSON from outside: what two readers could understand differently is refused before anything looks at it."""

import json
import math
from typing import Any, NoReturn

from app.errors import Code, FieldError, Problem

MAX_DEPTH = 32


def parse_json(body: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """The JSON value of a UTF-8 body.

    Raises Problem: `invalid_body` for invalid UTF-8, syntax, and what I-JSON (RFC 7493) does not allow: repeated keys,
    NaN and Infinity, numbers too large for a double, halves of surrogate pairs; `too_deep` for more than `max_depth`
    nested lists and objects. Integers are left to the models, which bound them and name the field.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise _refused("invalid_body", f"byte {bad.start} is not valid UTF-8") from None
    if _depth(text) > max_depth:
        raise _refused("too_deep", f"more than {max_depth} levels of lists and objects")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        if "\\u" in text:  # the only way in for half a pair: the bytes themselves were valid UTF-8
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except RecursionError:
        raise _refused("too_deep", f"more than {max_depth} levels of lists and objects") from None
    except UnicodeEncodeError:
        raise _refused("invalid_body", "a string holds half of a surrogate pair") from None
    except ValueError as bad:
        detail = f"not JSON: {bad.msg} at character {bad.pos}" if isinstance(bad, json.JSONDecodeError) else str(bad)
        raise _refused("invalid_body", detail) from None


def _refused(code: Code, detail: str) -> Problem:
    return Problem(code, f"The body cannot be read: {detail}.", errors=[FieldError(pointer="", detail=detail)])


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:30]} is too large for a number")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated[:60]!r} occurs twice in one object")
    return found


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings, found before the parser recurses."""
    deepest = depth = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
