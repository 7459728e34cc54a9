"""The run's memory: one SQLite file holds everything that errata knows, and everything else can be made from it."""

from errata.tools.store.store import RunInfo, Store

__all__ = ["RunInfo", "Store"]
