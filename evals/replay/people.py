"""People: somebody who approves what waits, over HTTP, each with the digest that the review shows."""

import json
from http import HTTPStatus
from typing import Any

from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.identity.tokens import create_token
from evals.bench.firm import TENANT, Firm
from evals.bench.serving import Serving

_PAGE = 200
_ROLES = ("delivery_lead", "head_of_delivery", "finance", "resource_manager")


def approver(one: Firm) -> str:
    """The token of a person who may approve what one person may."""
    ground, machine = one.service.context, machine_actor(TENANT)
    made = add_principal(ground, machine, name="approver", kind="person", roles=[Grant(role) for role in _ROLES])
    return create_token(ground, machine, made.id, "replay")


def approve_all(server: Serving, token: str) -> int:
    """Approves each pending review once; answers how many of them were approved by that."""
    approved, cursor, headers = 0, None, {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection = server.connect()

    def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    try:
        waiting: list[Any] = []
        while True:
            _, page = asked("GET", f"/v1/reviews?limit={_PAGE}" + (f"&cursor={cursor}" if cursor else ""))
            waiting += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        for review in waiting:
            body = {"verdict": "approve", "args_digest": review["args_digest"]}
            status, told = asked("POST", f"/v1/reviews/{review['id']}/verdicts", body)
            if status != HTTPStatus.OK and told["code"] not in ("stale_facts", "policy_changed"):
                raise RuntimeError(f"a review was not approved: {status} {told}")
            approved += told.get("status") == "approved"
    finally:
        connection.close()
    return approved
