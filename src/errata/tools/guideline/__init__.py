"""What a guideline says about each class and each pair of classes, and what a change to it affects."""

from errata.tools.guideline.guideline import Guideline, same_words
from errata.tools.guideline.rewording import Rewording
from errata.tools.guideline.units import About

__all__ = ["About", "Guideline", "Rewording", "same_words"]
