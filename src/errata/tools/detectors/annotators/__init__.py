"""Annotators: what several people's votes say of the items, and of the people."""

from errata.tools.detectors.annotators.dawid_skene import detect
from errata.tools.detectors.annotators.report import annotator_reports
from errata.tools.detectors.annotators.votes import Votes

__all__ = ["Votes", "annotator_reports", "detect"]
