"""Reads cells in the words of trade, gives the compact cells that the grammar understands."""

__all__: list[str] = []
