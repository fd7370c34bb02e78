"""Schema changes of the outbox, applied when it is opened."""
