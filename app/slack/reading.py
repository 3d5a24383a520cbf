"""Reading it all: a view that shows everything of a review, page by page; only the last one lets it be approved."""

from typing import Any, Final

from app.actor import Actor
from app.errors import Problem
from app.slack import content, kit
from app.slack.came import Came
from app.slack.desk import Desk
from app.slack.kit import Block
from app.slack.presses import OfReview, Page, read, wire
from app.slack.sender import shown
from app.slack.verdicts import decide, in_sight
from app.store.engine import unit_of_work
from app.views import cases
from app.views.labels import Labels

_BLOCKS: Final = kit.VIEW_BLOCKS - 6
_SIZE: Final = 60_000
"""Characters of JSON in one page of a view; Slack takes 250 kB in all."""


def read_all(desk: Desk, came: Came) -> None:
    """The first page, of the present arguments."""
    press, actor = read(OfReview, came.value), desk.actor(came)
    review = in_sight(desk, actor, press.review)
    page = Page(review=press.review, digest=review["args_digest"])
    view, last = _view(desk, actor, review, page)
    desk.open(came, view)
    if last:
        _seen(desk, actor, page)


def next_page(desk: Desk, came: Came) -> None:
    """The page that follows; one after another, since each leads only to the next."""
    page, actor = read(Page, came.value), desk.actor(came)
    review = in_sight(desk, actor, page.review)
    if review["args_digest"] != page.digest:
        raise Problem("args_mismatch", "The arguments were changed meanwhile; read it all again.")
    view, last = _view(desk, actor, review, page)
    desk.workspace(came).api(desk.ctx).call("views.update", view_id=came.view_id, view=view)
    if last:
        _seen(desk, actor, page)


def approve_read(desk: Desk, came: Came) -> None:
    """From the last page."""
    page, actor = read(Page, came.value), desk.actor(came)
    decide(desk, actor, OfReview(review=page.review, digest=page.digest), {"verdict": "approve"})


def _seen(desk: Desk, actor: Actor, page: Page) -> None:
    with unit_of_work(desk.ctx.engine) as session:
        shown(session, actor.tenant, actor.principal_id, page.review, page.digest, desk.ctx.clock())


def _view(desk: Desk, actor: Actor, review: dict[str, Any], page: Page) -> tuple[Block, bool]:
    """The view of that page, and whether it is the last. Raises Problem `erased`."""
    if review["erased"]:
        raise Problem("erased", "The content of this review was erased; it can no longer be approved.")
    labels = Labels(desk.ctx, actor.tenant)
    case = cases.case(desk.ctx, actor, review["case_id"])
    pages = _pages(content.whole(labels, review, case["events"]))
    number = min(page.number, len(pages))
    sentence = labels.sentence(review["action"]["tool"], review["action"]["args"])
    blocks = [kit.header(sentence), *pages[number - 1]]
    last = number == len(pages)
    open_to = last and review["status"] == "pending"
    if not last:
        following = page.model_copy(update={"number": number + 1})
        here = kit.context(kit.words(f"page {number} of {len(pages)}"))
        blocks += [here, kit.actions(kit.button("Next page", "next", wire(following), style="primary"))]
    elif open_to and content.is_high(review):
        blocks += [kit.divider(), kit.section(kit.plain(f"Approving means:\n{content.restated(labels, review)}"))]
    view = kit.modal(
        "read_approve", "All of it", blocks, about=wire(page.model_copy(update={"number": number})),
        submit="Approve" if open_to else None,
    )  # fmt: skip
    return view, last


def _pages(blocks: list[Block]) -> list[list[Block]]:
    found: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        own = kit.size([block])
        if found[-1] and (len(found[-1]) >= _BLOCKS or size + own > _SIZE):
            found.append([])
            size = 0
        found[-1].append(block)
        size += own
    return found
