"""What makes queries for documents: the protocol, two that are built in, and how others are found.

Built-in and third-party generators are found alike, through the entry-point group `helmert.generators`.
"""

from helmert.labelling.generators.base import Generated, Generator
from helmert.labelling.generators.discovery import open_generator

__all__ = ["Generated", "Generator", "open_generator"]
