"""CP-SAT in a process of its own: models as the solver's own text format, answers that survive the solver's crash."""
