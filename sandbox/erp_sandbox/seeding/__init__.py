"""Draws a believable purchasing history of the tenant from a seed, the same one every time."""
