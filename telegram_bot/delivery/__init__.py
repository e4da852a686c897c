"""Tells people what happened: who is told, in what order, and until it has arrived."""
