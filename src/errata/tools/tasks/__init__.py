"""What the annotations of a dataset are: one file for each kind."""
