"""When work is done, and by whom: scheduling as pure functions."""
