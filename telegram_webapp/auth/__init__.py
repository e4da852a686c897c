"""Who asks, and whether they may: every route says what it needs, or nothing is served.

A tunnel makes every visitor look like localhost, so localhost is not trusted.
"""
