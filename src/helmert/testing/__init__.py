"""Shipped tests and stand-ins: contracts that every store and every model must pass, toy models, a local endpoint.

May import anything; nothing imports it.
"""
