"""Strategies: bars in, decisions out. A new one is one file here and one line of settings."""
