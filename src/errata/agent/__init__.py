"""The run as a graph: read graph.py top to bottom."""
