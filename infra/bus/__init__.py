"""The bus between the engine and its readers; one module a transport, `base` is the contract."""
