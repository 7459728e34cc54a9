"""Build a question with its options, and turn the answer into log-probabilities over them."""
