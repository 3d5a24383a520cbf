"""Connectors: each maps one system's rows to canonical records and applies approved actions to it."""
