"""What a grade is, as a record."""
