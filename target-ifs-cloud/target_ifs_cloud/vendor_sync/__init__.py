"""The reverse pair: suppliers of IFS Cloud back to Procurify, vendors and nothing else."""
