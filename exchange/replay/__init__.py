"""Recorded markets, played again."""
