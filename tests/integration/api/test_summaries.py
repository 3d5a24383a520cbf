"""The summary of exceptions over the API: its described form, who may read it, and what is refused."""

from app.api.oversight_answers import ExceptionSummary
from tests.integration.api.conftest import Api, problem
from tests.integration.workflow.scenes import ask, write_off

PATH = "/v1/summaries/exceptions"


def test_it_answers_as_described(api: Api) -> None:
    ask(api.world, "vera", write_off())
    answer = api.get(PATH, "cora", zone="Europe/Berlin")
    assert answer.status_code == 200
    found = ExceptionSummary.model_validate(answer.json())
    assert found.time_zone == "Europe/Berlin"
    assert found.sections[0].name == "money"
    assert found.sections[0].statements[0].amount_minor == 110_000


def test_who_holds_no_role_or_no_scope_reads_nothing(api: Api) -> None:
    problem(api.get(PATH, "mona"), 403, "not_permitted")
    problem(api.get(PATH, None), 401, "unauthenticated")
    narrow = api.token("cora", "reviews:read")
    problem(api.client.get(PATH, headers={"Authorization": f"Bearer {narrow}"}), 403, "not_permitted")


def test_what_is_asked_wrongly_is_named(api: Api) -> None:
    problem(api.get(PATH, since="soon"), 422, "invalid_query", "/since")
    problem(api.get(PATH, zone="Mars"), 422, "invalid_query", "/zone")
    problem(api.get(PATH, wording="model"), 422, "invalid_query", "/wording")
    problem(api.get(PATH, wording="poem"), 422, "invalid_query", "/wording")
