"""Dataset input and output: readers and writers of each format, and what they share."""

from errata.tools.data.dataset import Columns, Dataset, open_dataset
from errata.tools.data.write import Edit, write_labels

__all__ = ["Columns", "Dataset", "Edit", "open_dataset", "write_labels"]
