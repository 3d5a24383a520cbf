"""What is allowed: no input or output, no clock, no model."""
