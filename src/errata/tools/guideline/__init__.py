"""What a guideline says of each class and of each pair of classes, and what a change of it touches."""

from errata.tools.guideline.guideline import Guideline, same_words
from errata.tools.guideline.rewording import Rewording
from errata.tools.guideline.units import About

__all__ = ["About", "Guideline", "Rewording", "same_words"]
