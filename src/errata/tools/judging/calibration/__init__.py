"""Measure a judge's accuracy and biases on items, and fit its probabilities to decisions."""
