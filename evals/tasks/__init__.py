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
QUICK = {"end_to_end": 48, "robustness": 48, "mspsp": 24, "staffing": 12}
"""Task → how many of its rows a quick run answers, drawn by the seed: those tasks whose rows take long each."""

ALONE = ("cost", "mspsp")
"""Tasks that time something, or have so much time and no more: nothing of ours runs beside them."""

LONGEST = (
    "injection", "clinc", "banking", "service_tickets", "end_to_end", "billing", "issue_types", "robustness",
    "staffing", "incident_sla",
)  # fmt: skip
"""Those that take longest, in their order: they begin first, so that none is left to run by itself at the end."""
