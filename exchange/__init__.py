"""Markets and brokers: where prices come from and orders go."""
