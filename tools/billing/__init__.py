"""Billing: what is wrong, or may be, with time, invoices, prices and their terms. Pure functions on records."""
