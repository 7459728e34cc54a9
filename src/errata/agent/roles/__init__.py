"""Who does what in a run, one role a file and nothing else; role.py says what a role is."""
