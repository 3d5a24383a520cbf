"""What a change costs, who does it, when it is done, and what that does to other work: pure functions on records."""
