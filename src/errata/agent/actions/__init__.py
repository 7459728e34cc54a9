"""Everything that a person or a model can do, each one typed action with its effect. ``perform`` is the only way in."""
