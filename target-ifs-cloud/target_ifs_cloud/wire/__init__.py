"""The only code that opens HTTP sessions to write."""
