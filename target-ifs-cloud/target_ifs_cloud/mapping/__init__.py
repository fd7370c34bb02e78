"""Turns Procurify records into documents by the rule files; pure."""
