"""How proposals are made."""
