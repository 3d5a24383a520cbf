"""Takes the README's pictures from a running sandbox: `python -m tests.integration.web.pictures SIGN_IN_LINK [FOLDER]`.

`make run` prints the link; it works once. Writes `queue.png` and `review.png`.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.integration.web.chromium import launched

SIZE = {"width": 1280, "height": 820}
_RICHEST = ".row .what a:has-text('Assign'), .row .what a:has-text('change order'), .row .what a"


def take(link: str, folder: Path) -> list[Path]:
    """The files that were written."""
    made = [folder / "queue.png", folder / "review.png"]
    with launched() as browser:
        page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/queue")
        page.screenshot(path=made[0])
        page.locator(_RICHEST).first.click()
        page.wait_for_url("**/reviews/*")
        page.screenshot(path=made[1])
    return made


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or not urlsplit(sys.argv[1]).query:
        sys.exit(__doc__)
    print(*take(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs")))  # noqa: T201 - says where they are
