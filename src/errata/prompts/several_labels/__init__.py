"""Several labels: whether one label holds, alone or beside others."""
