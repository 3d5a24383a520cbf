"""The adversary: a model, and agents, that do whatever an injected text asks, against the real service."""
