"""The scorecard as JSON."""

from __future__ import annotations

from typing import Any

import orjson

from helmert.selection.scorecard import Scorecard


def scorecard_json(card: Scorecard) -> bytes:
    """The whole scorecard as indented UTF-8 JSON, computed values among it: a cost's `total`, `tokens_per_second`.

    `format` is the version of this form. Infinite numbers, such as the upper end of a percentile that rests on too few
    queries or the time of a query that was never answered, are null.
    """
    content: dict[str, Any] = card.to_dict()
    content["rows"] = [dict(row) for row in content["rows"]]
    for plain, row in zip(content["rows"], card.rows, strict=True):
        if row.cost is not None:
            plain["cost"] = {**plain["cost"], "total": row.cost.total}
        if row.bulk is not None:
            plain["bulk"] = {**plain["bulk"], "tokens_per_second": row.bulk.tokens_per_second}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str) + b"\n"
