"""What each stream's records look like, as Singer JSON Schema.

Every field that Procurify documents is declared and may be null; codes are plain numbers or texts,
so that a new code breaks nothing. Card numbers and bank account data are left out on purpose.
"""
