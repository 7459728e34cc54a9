"""Find out what a judge's server really supports by asking it. Nothing it claims about itself is taken on trust."""

from errata.tools.judging.doctor.ports import probe_here
from errata.tools.judging.doctor.probe import probe, probe_named
from errata.tools.judging.doctor.report import Finding, Report
from errata.tools.judging.doctor.words import in_words, none_in_words

__all__ = ["Finding", "Report", "in_words", "none_in_words", "probe", "probe_here", "probe_named"]
