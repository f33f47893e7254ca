"""One file per provider of vectors. Providers do not know each other; heavy packages are imported when
opened.
"""
