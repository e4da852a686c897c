"""Charts drawn up on the server, as figures that Plotly takes: one module a kind.

``registry`` says which there are; ``base`` is the contract that each keeps.
"""
