"""Imports: what a firm keeps in spreadsheets becomes its own records, whole or not at all."""
