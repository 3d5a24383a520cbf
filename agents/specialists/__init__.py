"""Specialists: one file per family of events, each answering a Situation with a Plan."""
