"""What a network reads, how it answers, how its answers are judged, and how it is kept as bytes.

Pure: numbers come in as arrays and bytes. The network is trained in `training`.
"""
