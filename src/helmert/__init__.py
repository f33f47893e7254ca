"""Helmert: choose, version, change and watch the embedding model behind a vector search."""

__version__ = "0.1.0"
