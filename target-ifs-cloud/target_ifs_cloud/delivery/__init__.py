"""Decides what IFS Cloud needs, sends it once, and remembers and proves what was sent."""
