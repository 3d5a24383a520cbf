"""Real logs as the systems would send them: read, mapped by files, delivered. The logs themselves are never copied."""
