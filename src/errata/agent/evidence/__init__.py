"""What is known of each annotation, from the scan to the posterior, and what is worth asking next."""
