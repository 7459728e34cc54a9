"""What errata can do, as functions: read data, detect, judge, weigh, remember, patch, report."""
