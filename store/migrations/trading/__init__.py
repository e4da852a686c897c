"""Revisions of the trading database."""
