"""The whole description of the API, tried by schemathesis: what it says may be sent and what may not, by everyone.

FUZZ_EXAMPLES is how many requests of each kind are made up for each call, each then sent by every speaker; FUZZ_SEED is
where they start from. How many were sent is seen with `pytest -s`.
"""

import contextlib
import os
import sys
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.fuzz.site import READERS, SPEAKERS, Site, body_of
from tests.integration.world import TENANTS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CHECKS: list[Any] = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_WAIT_S = 0.02


@pytest.mark.slow
@pytest.mark.timeout(60 + 60 * EXAMPLES)
def test_every_call_is_as_described_whatever_is_sent_by_whomever(site: Site) -> None:
    described = schemathesis.openapi.from_dict(site.client.get("/openapi.json").json())
    found: dict[str, BaseException] = {}
    for result in described.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if "text/event-stream" in str(operation.definition.raw):
            continue  # it has no end
        for mode in MODES:
            try:
                with contextlib.suppress(Unsatisfiable):  # nothing that the call takes could be wrong
                    _tried(site, operation, mode)
            except (Exception, FailureGroup) as error:  # noqa: BLE001 - every call is tried, and all that is wrong is told
                found[f"{operation.label} {mode}"] = error
    sys.stdout.write(f"\nfuzz: {site.answers.total():,} requests by {len(SPEAKERS)} speakers\n")
    assert not found, "\n\n".join(f"{label}: {_said(error)[:3000]}" for label, error in found.items())


def _tried(site: Site, operation: Any, mode: GenerationMode) -> None:
    names = [parameter.name for parameter in operation.path_parameters]
    cases = operation.as_strategy(generation_mode=mode)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=False, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(case=cases, idents=st.fixed_dictionaries({name: _idents(site, name) for name in names}), data=st.data())
    def one(case: Case[Any], idents: dict[str, str | None], data: st.DataObject) -> None:
        for name, ident in idents.items():
            if ident is not None:
                case.path_parameters[name] = ident
        if any("/" in str(value) or str(value) in ("", ".", "..") for value in case.path_parameters.values()):
            return  # another address, and not this call
        _sensible(site, case, data)
        _sent_by_all(site, case)

    one()


def _idents(site: Site, name: str) -> st.SearchStrategy[str | None]:
    """Of a path's parameter: one of the firm's own, one of the other's, or whatever was made up (None)."""
    if name == "source":
        return st.sampled_from([*TENANTS, "nobody", None])
    if name == "name":
        return st.sampled_from(["create_task", "crm.opportunity.won", None])
    own, other = (getattr(site.ids[tenant], name) for tenant in TENANTS)
    return st.one_of(*(st.sampled_from(each) for each in (own, own, other) if each), st.none())


def _sensible(site: Site, case: Case[Any], data: st.DataObject) -> None:
    """Half of the bodies say what a body must say to get further than its first check."""
    if "wait" in case.query:
        case.query["wait"] = min(case.query["wait"], _WAIT_S) if _is_wait(case.query["wait"]) else case.query["wait"]
    body = case.body
    if not isinstance(body, dict) or not data.draw(st.booleans(), label="sensible"):
        return
    reviews = st.sampled_from([ident for tenant in TENANTS for ident in site.ids[tenant].review_id])
    if "args_digest" in body:
        body["args_digest"] = site.digests.get(str(case.path_parameters.get("review_id")), body["args_digest"])
    if isinstance(body.get("items"), list):
        named = data.draw(st.lists(reviews, min_size=1, max_size=3), label="items")
        body["items"] = [{"review_id": ident, "args_digest": site.digests[ident]} for ident in named]
    if body.get("kind") == "merge":
        body["into"] = data.draw(st.sampled_from([*site.ids["acme"].case_id, *site.ids["borealis"].case_id]))


def _is_wait(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 60


def _sent_by_all(site: Site, case: Case[Any]) -> None:
    sent = dict(case.as_transport_kwargs(base_url="http://testserver"))
    method, url, content = sent.pop("method"), sent.pop("url"), _content(sent)
    kept = {name: sent[name] for name in ("headers", "params", "cookies") if sent.get(name)}
    source = str(case.path_parameters.get("source", ""))
    signed = source if source in TENANTS else None
    only_read = [who for who in SPEAKERS if who in READERS]
    if signed is None:
        with site.unchanged():
            for who in only_read:
                _answered(site, case, who, method, url, content, kept, None)
    for who in SPEAKERS if signed else SPEAKERS[len(only_read) :]:
        _answered(site, case, who, method, url, content, kept, signed)
    site.api.world.run()


def _answered(
    site: Site, case: Case[Any], who: str, method: str, url: str, content: bytes | None, kept: Any, signed: str | None
) -> None:
    answer = site.send(who, method, url, content=content, signed=signed, **kept)
    case.validate_response(answer, checks=CHECKS)


def _content(sent: dict[str, Any]) -> bytes | None:
    if "json" in sent:
        return body_of(sent.pop("json"))
    data = sent.pop("data", None)
    if data is None or data is NOT_SET:
        return None
    return data if isinstance(data, bytes) else str(data).encode("utf-8", "replace")


def _said(error: BaseException) -> str:
    return "; ".join([str(error), *(str(each) for each in getattr(error, "exceptions", ()))])
