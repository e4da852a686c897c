"""Revisions of the database of who may come in."""
