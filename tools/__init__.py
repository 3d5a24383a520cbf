"""What the assistant can touch, and the words that every other room speaks."""
