"""How a query is answered and a write is taken: resolve an alias, search, follow the journal, retrieve runs.

May import `evaluation`, `registry` and everything below them.
"""
