"""Frames: tables of other libraries that are in memory. Kept as a file of the run, and given back with changed labels.

No library is imported: the frame that the user made brings what is needed.
"""

from errata.tools.data.frames.frame import Frame, frame_of, frame_path, keep, with_labels

__all__ = ["Frame", "frame_of", "frame_path", "keep", "with_labels"]
