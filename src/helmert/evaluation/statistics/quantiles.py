"""Quantiles of the normal and of Student's distribution, without scipy."""

from __future__ import annotations

from statistics import NormalDist

from helmert.errors import UsageError

_FEWEST = 3.0
"""Degrees of freedom below this are taken as this many: the series is no longer close."""


def normal_quantile(level: float) -> float:
    """The z of a two-sided interval: 1.96 for 0.95. Raises `UsageError` unless 0 < level < 1."""
    if not 0.0 < level < 1.0:
        raise UsageError(f"A confidence level lies between 0 and 1; got {level}.", next_step="Use 0.95.")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def t_quantile(level: float, freedom: float) -> float:
    r"""The t of a two-sided interval: 2.009 for 0.95 and 50 degrees of freedom. Raises as `normal_quantile`.

    The expansion of Cornish and Fisher in powers of 1 / freedom to the fourth term (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 1964, formula 26.7.5). For 10 or more degrees of freedom and levels up
    to 0.99 it is right to 0.001; fewer than 3 are taken as 3.
    """
    z = normal_quantile(level)
    v = max(freedom, _FEWEST)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / v**power for power, term in enumerate(terms, start=1))
