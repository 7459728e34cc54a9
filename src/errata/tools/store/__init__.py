"""The run's memory: one SQLite file, from which everything else can be made."""

from errata.tools.store.store import RunInfo, Store

__all__ = ["RunInfo", "Store"]
