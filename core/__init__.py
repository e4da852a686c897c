"""The words and rules of trading: pure, no I/O, no loop, no clock of its own."""
