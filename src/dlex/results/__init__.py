"""What a grade is, as a record, and where grades are kept."""

DEFAULT_DATABASE = "dlex.db"  # in the working directory
