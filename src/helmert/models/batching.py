"""How texts are split into requests: pure functions over counts and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from helmert.models.base import Limits


def split_texts(texts: Sequence[str], limits: Limits, count_tokens: Callable[[str], int]) -> Iterator[slice]:
    """Consecutive slices of `texts` that each fit into one request, in order.

    `count_tokens` is called once for each text, and never when `limits.batch_tokens` is None.
    """
    if limits.batch_tokens is None:
        return split_costs([0] * len(texts), most=limits.batch_texts, budget=0)
    costs = [count_tokens(text) for text in texts]
    return split_costs(costs, most=limits.batch_texts, budget=limits.batch_tokens)


def split_costs(costs: Sequence[int], *, most: int, budget: int) -> Iterator[slice]:
    """Consecutive slices of at most `most` entries whose costs sum to at most `budget`.

    Each slice is as long as it can be. An entry that alone exceeds the budget gets a slice of its own:
    whether it is refused, truncated or served is the provider's to say, and it shall not take others with it.
    """
    start = 0
    spent = 0
    for position, cost in enumerate(costs):
        if position > start and (position - start >= most or spent + cost > budget):
            yield slice(start, position)
            start, spent = position, 0
        spent += cost
    if start < len(costs):
        yield slice(start, len(costs))
