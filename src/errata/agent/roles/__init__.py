"""Who does what in a run, one role a file; see ``agent/role.py`` for what a role is."""
