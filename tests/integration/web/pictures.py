"""Takes the README's pictures from a running sandbox: `python -m tests.integration.web.pictures SIGN_IN_LINK [FOLDER]`.

`make run` prints the link; it works once. Writes `queue.png`, `review.png`, and of what waits there by then a priced
change request as `change.png` and a staffing proposal as `staffing.png`.
"""

import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from tests.integration.web.chromium import launched

SIZE: Final = {"width": 1280, "height": 820}
PATIENCE_MS: Final = 180_000
WANTED: Final = {
    "review": ("send_customer_message", None),
    "change": ("create_change_order", "section[aria-label='Price and plan']"),
    "staffing": ("assign_person", None),
}
"""Picture → the action whose first review is taken, and the one section of its page that is shown."""


def take(link: str, folder: Path) -> list[Path]:
    """The files that were written."""
    site = urlsplit(link)
    made = [folder / "queue.png"]
    with launched() as browser:
        page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/queue")
        page.screenshot(path=made[0])
        for name, (tool, part) in WANTED.items():
            page.goto(f"{site.scheme}://{site.netloc}/queue?order=risk&tool={quote(tool)}")
            row = page.locator(".row .what a").first
            if not row.count():
                continue
            row.click()
            page.wait_for_url("**/reviews/*")
            made.append(folder / f"{name}.png")
            if name == "staffing":
                page.locator("[aria-label^='Weeks of']").first.evaluate(
                    "each => each.scrollIntoView({block: 'end', behavior: 'instant'})"
                )
            (page.locator(part) if part else page).screenshot(path=made[-1])
    return made


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or not urlsplit(sys.argv[1]).query:
        sys.exit(__doc__)
    print(*take(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs")))  # noqa: T201 - says where they are
