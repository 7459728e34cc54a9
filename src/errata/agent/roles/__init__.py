"""The roles of a run, one per file and nothing else; role.py defines what a role is."""
