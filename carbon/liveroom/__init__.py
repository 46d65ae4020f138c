"""Reads ledgers and policies, gives eligible rooms, ranked products and shared exposure."""
