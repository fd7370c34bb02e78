"""Posts Procurify bills, purchase orders and vendors to IFS Cloud, once and provably."""
