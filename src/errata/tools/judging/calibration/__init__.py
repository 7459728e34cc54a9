"""A judge's biases, removed before anyone has decided, and its probabilities, fitted to decisions."""
