"""What a run found, as one self-contained HTML file and as JSON."""
