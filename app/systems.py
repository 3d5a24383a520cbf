"""The names of the systems that a firm's row may hold in `connectors`: for its records, and for each tool."""

from typing import Final

RECORDS: Final = "records"
"""In a tenant's connectors: the name of its system of record, beside the connector of each tool."""

SANDBOX: Final = "sandbox"
OWN: Final = "own"
"""The firm's own records, in this database: read by lookups, written by imports, and by no action."""
