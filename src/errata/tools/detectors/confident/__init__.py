"""Confident learning and its relatives: labels against out-of-sample probabilities."""
