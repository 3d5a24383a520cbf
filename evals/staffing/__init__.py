"""Generated firms and schedules that the solvers are measured on."""
