"""Paper fills beside those of an independent backtest engine, on the same quotes and orders."""
