"""A file that a signed-in person sends with a form."""

from typing import Any, Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.errors import Problem
from app.identity.sessions import SignedIn
from app.web.pages import Form

_AROUND: Final = 64 * 1024
"""Bytes that a form may have beside its file."""


async def uploaded(request: Request, session: SignedIn, most: int, too_large: str) -> tuple[str, bytes, Form]:
    """The file's name and content, both empty where none was chosen, and the other fields of the form.

    Raises Problem `too_large` (more than `most` bytes), `invalid_body`, `not_permitted` (a form of another session).
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem("invalid_body", "The form cannot be read.")

    async def bounded() -> Any:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read > most + _AROUND:
                raise Problem("too_large", too_large)
            yield chunk

    try:
        form = await MultiPartParser(request.headers, bounded(), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError) as wrong:
        raise Problem("invalid_body", "The form cannot be read.") from wrong
    try:
        session.check_csrf(str(form.get("csrf", "")))
        file, fields = form.get("file"), {name: said for name, said in form.items() if isinstance(said, str)}
        if not isinstance(file, UploadFile) or not file.filename:
            return "", b"", fields
        # Some browsers send a path; what is not printable has no place in a name.
        name = "".join(each for each in file.filename.replace("\\", "/").rpartition("/")[2] if each.isprintable())
        return name[:120] or "file", await file.read(), fields
    finally:
        await form.close()
