"""What the firm and the assistant are doing, as numbers: pure functions on times and records."""
