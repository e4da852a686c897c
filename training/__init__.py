"""Teaches the strategy `gru` its network, in a process of its own: ``python -m training``.

Only `training.fitting` imports PyTorch; what the engine needs of this folder is `training.shelf`.
"""
