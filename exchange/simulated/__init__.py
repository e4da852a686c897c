"""A market made of seeded chance: same seed, same prices, at any speed. Always SIMULATED."""
