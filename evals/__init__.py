"""Tasks, scorers, data sets, baselines and the benchmark."""
