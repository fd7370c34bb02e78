"""Reads Procurify for any Singer target."""
