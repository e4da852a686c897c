"""Real exchanges, through ccxt: nothing here is imported before an exchange is asked for."""
