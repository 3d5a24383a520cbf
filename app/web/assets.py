"""Assets: the pages' own style and script, named by what is in them, so that browsers may keep them."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"
BUILD: Final = sha256(b"".join(file.read_bytes() for file in sorted(FOLDER.iterdir()))).hexdigest()[:12]
"""Changes with any of them; stands in their addresses."""


class Assets(StaticFiles):
    """Files that a browser keeps for a day where the address says which build it wants."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"] == BUILD.encode():
            response.headers["Cache-Control"] = "public, max-age=86400, immutable"
        return response
