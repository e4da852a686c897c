"""Pages that are written to a file and open without a server."""
