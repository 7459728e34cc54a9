"""What is known about each annotation, from the scan to the posterior, and what to ask next."""
