from tests.unit.app.identity.conftest import ground, hand, machine

__all__ = ["ground", "hand", "machine"]
