"""One module or package per database. Drivers do not know each other and load their client when opened."""
