"""A migration told on one page: what was compared, what the gate said, what was done, and what may be done next."""
