"""What is generated from the command tree: reference page, man page, shell completions."""
