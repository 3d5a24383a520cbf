"""Renewal and expansion: how an account is doing, and what else its customer may want. Pure functions on records."""
