"""Synthetic queries: made by a generator, kept on disk as they are paid for, filtered, and told apart from others."""

from helmert.labelling.synthesis.answers import Answers
from helmert.labelling.synthesis.filters import Filters
from helmert.labelling.synthesis.round_trip import RoundTrip
from helmert.labelling.synthesis.synthesising import Order, Synthesised, synthesise

__all__ = ["Answers", "Filters", "Order", "RoundTrip", "Synthesised", "synthesise"]
