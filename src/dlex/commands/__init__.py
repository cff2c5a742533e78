"""One module per command, each with a click command called `command`: arguments in, text and an
exit code out. What a command does lives elsewhere."""
