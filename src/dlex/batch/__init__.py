"""Many submissions: what was handed in, read one at a time. Nothing here imports torch."""
