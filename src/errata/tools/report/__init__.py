"""What a run found, as one self-contained HTML file and the same as JSON."""

from errata.tools.report.count import WrongCount, count_wrong
from errata.tools.report.data import ReportData
from errata.tools.report.html import write_report

__all__ = ["ReportData", "WrongCount", "count_wrong", "write_report"]
