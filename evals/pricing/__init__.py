"""Generated changes to price, and their prices worked out in another way."""
