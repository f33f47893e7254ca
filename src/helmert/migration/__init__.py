"""How an embedding model is changed: a plan as data, an executor that journals and resumes, gate, promotion, rollback.

May import `serving`, `evaluation`, `registry` and everything below them. Stages are frozen values in `stages`; the
executor, the explainer and the cost estimate all walk the same list.
"""
