"""Loopback test doubles of Procurify and IFS Cloud; unaffiliated with both."""
