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
    "robustness": "robustness",
    "cost": "cost",
    "grounding": "grounding",
    "injection": "injection",
    "staffing": "staffing",
    "mspsp": "mspsp",
    "sales_reports": "sales_reports",
}
"""Task → module of this package with `prepare(name, files) -> Prepared`."""

READ_BY_MODEL = frozenset({"change_requests", "end_to_end", "robustness", "drafting", "summaries", "cost"})
"""Tasks in which a reasoner reads or words something, so that it may be a model."""
