"""Where vectors live: the `VectorStore` protocol, its capabilities, and one driver file per database.

May import `spaces`, `types`, `errors`. A driver imports its client library only when it is opened.
"""
