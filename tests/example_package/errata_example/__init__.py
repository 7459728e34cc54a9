"""What another package adds to errata, one module a thing."""
