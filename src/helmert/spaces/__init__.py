"""What a vector space is: its identity, whether two may meet, how it behaves, how indexes are named.

Pure: no input or output, no clock, no randomness. May import `types` and `errors`.
"""

from helmert.spaces.comparability import Comparability, Relation, compare, require_same
from helmert.spaces.naming import Alphabet, IndexName
from helmert.spaces.space import EmbeddingSpace, Recipe

__all__ = [
    "Alphabet",
    "Comparability",
    "EmbeddingSpace",
    "IndexName",
    "Recipe",
    "Relation",
    "compare",
    "require_same",
]
