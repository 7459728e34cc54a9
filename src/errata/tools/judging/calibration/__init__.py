"""A judge's biases, taken out before anybody decided, and its probabilities, fitted to decisions."""
