"""The engine process: wiring, the loop, the publisher, and the launcher's supervision."""
