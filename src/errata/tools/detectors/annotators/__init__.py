"""Annotators: what the votes of several people say about the items and about the people."""

from errata.tools.detectors.annotators.dawid_skene import detect
from errata.tools.detectors.annotators.report import annotator_reports
from errata.tools.detectors.annotators.votes import Votes

__all__ = ["Votes", "annotator_reports", "detect"]
