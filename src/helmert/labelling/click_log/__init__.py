"""Weak positives from a log of clicks: reading, counting, and what must be known about them."""

from helmert.labelling.click_log.importing import ImportedLog, ImportRules, import_clicks
from helmert.labelling.click_log.reading import Click, read_clicks

__all__ = ["Click", "ImportRules", "ImportedLog", "import_clicks", "read_clicks"]
