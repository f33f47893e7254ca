"""LanceDB on a local folder: the default store. Needs the extra `lancedb`.

Several processes may read and write at once, writes are visible everywhere when they return, and small
indexes stay exact. One Lance table per index.
"""

from __future__ import annotations

from helmert.stores.drivers.lancedb.store import CAPABILITIES, LanceStore, open_store

__all__ = ["CAPABILITIES", "LanceStore", "open_store"]
