"""The web process: the page, its data and its streams."""
