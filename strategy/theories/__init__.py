"""Theories: each looks at the same past of a market and says one thing about it."""
