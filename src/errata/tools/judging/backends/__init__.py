"""What runs a judge: a server, a model in this process, or the recorded calls of an earlier run."""
