"""Slack's Web API, called from threads: three ways of not succeeding, told apart by what to do next."""

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any, Final

_TIMEOUT_S: Final = 10
_DEFAULT_WAIT_S: Final = 30
_MOST_PAGES: Final = 50
_FORMS: Final = frozenset({"auth.test", "conversations.history", "conversations.replies", "users.info"})
"""Methods that read no JSON."""


class SlackRefused(Exception):
    """Slack understood and said no; `code` is its word for why (`channel_not_found`, `invalid_blocks` …)."""

    def __init__(self, method: str, code: str, detail: str = "") -> None:
        super().__init__(f"{method}: {code}{f' ({detail})' if detail else ''}")
        self.code = code


class SlackBusy(Exception):
    """Too many calls: again after `after_s` seconds, which Slack said (429 with `Retry-After`)."""

    def __init__(self, method: str, after_s: int) -> None:
        super().__init__(f"{method}: again after {after_s} s")
        self.after_s = after_s


class SlackAway(Exception):
    """No answer, or none that can be read: the call may have taken effect."""


class SlackApi:
    """One workspace's API. Nothing is retried here: who calls knows what may be repeated. Safe in several threads."""

    def __init__(self, base_url: str, token: str) -> None:
        # Imported here: a service without Slack never loads it.
        from slack_sdk import WebClient

        site = base_url.removesuffix("/api")
        self._files = "https://files.slack.com/" if site == "https://slack.com" else f"{site}/"
        self._client = WebClient(token=token, base_url=f"{base_url}/", timeout=_TIMEOUT_S, retry_handlers=[])

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The answer's members. Raises SlackRefused, SlackBusy, SlackAway."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            if method in _FORMS:
                answer = self._client.api_call(method, data={name: str(each) for name, each in arguments.items()})
            else:
                answer = self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            raise _told(method, error.response) from None
        except (OSError, HTTPException, ValueError, SlackClientError) as error:
            raise SlackAway(f"{method}: {type(error).__name__}") from error
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    def pages(self, method: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """The answers of a method that lists, one page after another. Raises as `call` does."""
        cursor: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = self.call(method, **arguments, **cursor)
            yield page
            following = (page.get("response_metadata") or {}).get("next_cursor")
            if not following:
                return
            cursor = {"cursor": str(following)}

    def download(self, url: str, limit: int) -> bytes:
        """A file that was shared with the app, of at most `limit` bytes. Raises SlackRefused, SlackAway."""
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        # The token goes to nobody else: a file may lie with another service, at any address.
        if not url.startswith(self._files):
            raise SlackRefused("files", "not_in_slack")
        request = Request(url, headers={"Authorization": f"Bearer {self._client.token}"})  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                read: bytes = answer.read(limit + 1)
        except HTTPError as error:
            raise SlackRefused("files", f"http_{error.code}") from None
        except (OSError, HTTPException) as error:
            raise SlackAway(f"files: {type(error).__name__}") from error
        if len(read) > limit:
            raise SlackRefused("files", "too_large")
        return read


def _told(method: str, answer: Any) -> Exception:
    status, data = getattr(answer, "status_code", 500), getattr(answer, "data", None)
    if status == 429:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        after = headers.get("retry-after", "")
        after = after[0] if isinstance(after, list) and after else after
        return SlackBusy(method, max(1, int(after)) if str(after).isdecimal() else _DEFAULT_WAIT_S)
    if status >= 500 or not isinstance(data, dict) or "error" not in data:
        return SlackAway(f"{method}: status {status}")
    said = data.get("response_metadata") or {}
    detail = "; ".join(said.get("messages", ())) if isinstance(said, dict) else ""
    if data["error"] in ("fatal_error", "internal_error", "service_unavailable", "request_timeout"):
        return SlackAway(f"{method}: {data['error']}")
    if data["error"] in ("ratelimited", "rate_limited"):
        return SlackBusy(method, _DEFAULT_WAIT_S)
    return SlackRefused(method, str(data["error"]), detail)
