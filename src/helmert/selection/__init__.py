"""Choose a model on your own documents and queries: candidates x evaluation set -> scorecard.

May import `evaluation`, `models`, `stores`, `serving` and below; knows nothing of migrations.
"""
