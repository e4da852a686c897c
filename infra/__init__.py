"""What the machine gives: settings, logging, the bus."""
