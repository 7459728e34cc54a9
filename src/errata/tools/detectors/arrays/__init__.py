"""What several detectors compute with arrays; none of it is a detector."""
