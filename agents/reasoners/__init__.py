"""Ways to turn an event into an assessment and a plan."""
