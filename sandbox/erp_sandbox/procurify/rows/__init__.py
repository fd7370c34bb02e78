"""The rows of Procurify's API, rendered field by field from the tenant's records."""
