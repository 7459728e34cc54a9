"""Several labels: whether one label applies, alone or with others."""
