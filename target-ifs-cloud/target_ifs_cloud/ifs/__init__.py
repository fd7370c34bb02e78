"""Speaks the OData dialect of IFS Cloud: names from the site profile, never from code."""
