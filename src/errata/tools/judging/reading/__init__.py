"""A question with its options, and from the answer to log-probabilities over them."""
