"""Build an evaluation set: sample documents, import logs, make queries, and label the pairs that matter most.

Asks candidates for rankings through `selection`; writes sets through `evaluation`.
"""
