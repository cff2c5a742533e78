"""Results made for reading."""
