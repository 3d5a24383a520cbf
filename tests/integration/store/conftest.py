"""The databases of the durable tests serve here too."""

from tests.integration.durable.conftest import postgres_server, url

__all__ = ["postgres_server", "url"]
