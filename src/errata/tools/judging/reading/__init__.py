"""From an answer to log-probabilities over the options that were offered."""
