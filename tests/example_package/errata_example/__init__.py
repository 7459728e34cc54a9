"""What another package can add to errata, one module each."""
