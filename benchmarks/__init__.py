"""Measurements: `make bench` prints a table and writes JSON. Nothing here is a test."""
