"""Everything that a person or a model can do, as typed actions with an effect. Call them only through ``perform``."""
