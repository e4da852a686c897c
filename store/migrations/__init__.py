"""Revisions of each database's schema, a folder each; run by `Database.migrate`."""
