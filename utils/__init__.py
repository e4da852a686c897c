"""Small things that know nothing of trading."""
