"""The way of an event, a module a step: ingest, triage, decide, review, execute, reconcile; sweep keeps time."""
