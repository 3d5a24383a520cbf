"""Scenes: things that happen in a small firm written by hand, played on the real service, and what came of them."""
