"""What runs a judge: a server, a model in this process, or an earlier run's recorded calls."""
