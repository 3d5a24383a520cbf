"""Evaluation tasks: each a module, or one of several of a module, found by its name in `TASKS`."""

TASKS: dict[str, str] = {
    "issue_types": "classification",
    "service_tickets": "classification",
    "banking": "classification",
    "clinc": "clinc",
    "incident_sla": "incident_sla",
    "change_requests": "change_requests",
    "end_to_end": "end_to_end",
    "drafting": "drafting",
    "summaries": "summaries",
    "sentiment": "sentiment",
    "robustness": "robustness",
    "cost": "cost",
    "grounding": "grounding",
    "extraction": "extraction",
    "injection": "injection",
    "staffing": "staffing",
    "mspsp": "mspsp",
    "sales_reports": "sales_reports",
    "billing": "billing",
    "pricing": "pricing",
    "playbooks": "playbooks",
}
"""Task → module of this package with `prepare(name, files) -> Prepared`."""

READ_BY_MODEL = frozenset({"change_requests", "end_to_end", "playbooks", "robustness", "drafting", "summaries", "cost"})
"""Tasks in which a reasoner reads or words something, so that it may be a model."""

SEED = 11
QUICK = {"end_to_end": 64, "robustness": 64, "mspsp": 24, "staffing": 16}
"""Task → how many of its rows a quick run answers, drawn by the seed: those tasks whose rows take long each."""

ALONE = ("cost",)
"""Tasks that time something: nothing of ours runs beside them."""
