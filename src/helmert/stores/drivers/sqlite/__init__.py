"""The exact reference store: vectors in an SQLite file, searched with numpy. Needs no extra.

Every search compares the query with every row, so results are exact: the oracle of the other drivers and the
ground truth of recall. Comfortable up to some 200,000 rows. Several processes may share the file; writers
wait for one another.
"""

from __future__ import annotations

from helmert.stores.drivers.sqlite.store import CAPABILITIES, SqliteStore, open_store

__all__ = ["CAPABILITIES", "SqliteStore", "open_store"]
