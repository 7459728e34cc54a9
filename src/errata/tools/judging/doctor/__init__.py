"""What a judge's server really does, found out by asking it. Nothing that it says of itself is taken for granted."""

from errata.tools.judging.doctor.ports import probe_here
from errata.tools.judging.doctor.probe import probe, probe_named
from errata.tools.judging.doctor.report import Finding, Report
from errata.tools.judging.doctor.words import in_words, none_in_words

__all__ = ["Finding", "Report", "in_words", "none_in_words", "probe", "probe_here", "probe_named"]
