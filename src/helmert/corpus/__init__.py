"""Where text comes from: one file per format, all of them giving `helmert.types.Document` one at a time.

May import `types` and `errors`. `pyarrow` is imported only when a Parquet file is read.
"""

from helmert.corpus.base import OnBad, ReadReport, SkippedRow, Source
from helmert.corpus.opening import open_source

__all__ = ["OnBad", "ReadReport", "SkippedRow", "Source", "open_source"]
