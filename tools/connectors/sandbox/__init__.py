"""The sandbox firm: an embedded system of record that lives, keeps its books, and can be told to fail."""

from tools.connectors.sandbox.connector import Sandbox

__all__ = ["Sandbox"]
