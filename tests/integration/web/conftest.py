"""Pages over a world: a browser without script, that is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Service
from app.identity.links import create_link
from app.identity.principals import by_name, machine_actor
from app.main import create_app
from app.store.engine import read_only
from tests.integration.api.conftest import CountedQueue, FakeService
from tests.integration.web.chromium import LAPTOP, Reader, launched, served
from tests.integration.world import World


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page, with what stands in their fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area: str | None = None
        self._choice: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(of.get("action", ""), of.get("method", "get")))
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and of.get("type") != "checkbox":
            form.fields[of.get("name", "")] = of.get("value", "")
        elif tag == "button" and "name" in of:
            form.buttons.append((of["name"], of["value"]))
        elif tag == "textarea":
            self._area = of["name"]
            form.fields[self._area] = ""
        elif tag == "select":
            self._choice = of["name"]
        elif tag == "option" and self._choice and "selected" in of:
            form.fields[self._choice] = of.get("value", "\0")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        elif self._choice and self.forms[-1].fields.get(self._choice) == "\0":
            self.forms[-1].fields[self._choice] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._choice = None


@dataclass
class Browser:
    """One person's cookies. Redirects are followed unless `follow` says otherwise."""

    world: World
    client: TestClient

    def sign_in(self, who: str, tenant: str = "acme") -> "Browser":
        ctx = self.world.ctx
        with read_only(ctx.engine) as session:
            row = by_name(session, tenant, who)
        assert row is not None
        link = create_link(ctx, machine_actor(tenant), row.id)
        secret = parse_qs(urlsplit(link).query)["link"][0]
        answer = self.client.post("/sign-in", data={"link": secret})
        assert answer.url.path == "/queue", answer.text  # which says so to somebody without any role
        return self

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query or None)

    def form(self, path: str, action: str, number: int = 0) -> Form:
        """A form of a page by its address."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return [form for form in Forms(page.text).forms if form.action == action][number]

    def send(self, form: Form, **changes: str) -> Any:
        return self.client.post(form.action, data=form.fields | changes)


def text_of(page: Any) -> str:
    """What a reader sees, blanks folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


@pytest.fixture
def app(world: World) -> Any:
    return create_app(cast(Service, FakeService(world.ctx, CountedQueue(world.queue))), works=True)


@pytest.fixture
def browser(world: World, app: Any) -> Iterator[Browser]:
    with TestClient(app, raise_server_exceptions=True) as client:
        yield Browser(world, client)


@pytest.fixture
def another(world: World, app: Any) -> Iterator[Browser]:
    """Somebody else's browser."""
    with TestClient(app, raise_server_exceptions=True) as client:
        yield Browser(world, client)


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.fixture
def chromium() -> Iterator[Any]:
    with launched() as browser:
        yield browser


@pytest.fixture
def reader(world: World, address: str, chromium: Any) -> Reader:
    """Somebody at a laptop."""
    return Reader(world, address, chromium.new_context(viewport=LAPTOP))
