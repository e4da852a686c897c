"""A broker that trades on paper against a feed's prices."""
