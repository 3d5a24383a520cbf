import pytest

from agents.nodes.plan import SPECIALISTS
from agents.playbooks import PlaybookInvalid, playbook_of, read, stage_of, stages
from tools.events import EVENT_TYPES

WHOLE = "\n".join(f"  {event}: {{specialist: time, actions: {{create_task: []}}}}" for event in EVENT_TYPES)


def test_every_event_has_one_playbook_and_its_specialist_is_there() -> None:
    assert len(stages()) == 5
    assert sorted(event for books in stages().values() for event in books) == sorted(EVENT_TYPES)
    assert {playbook_of(event).specialist for event in EVENT_TYPES} == SPECIALISTS.keys()
    assert stage_of("psa.sow.approved") == "project_initiation"
    with pytest.raises(KeyError):
        stage_of("psa.nothing.happened")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("delivery:\n  psa.nothing.happened: {specialist: time, actions: {}}", "is no event type"),
        (f"delivery:\n{WHOLE}\nbilling_and_revenue:\n{WHOLE}", "there twice"),
        (f"delivery:\n{WHOLE}".replace("create_task", "conjure"), "there is no action conjure"),
        ("delivery: {}", "no stage says what is done on"),
    ],
)
def test_playbooks_that_do_not_fit_are_refused_by_name(text: str, told: str) -> None:
    with pytest.raises(PlaybookInvalid, match=told):
        read(text)
