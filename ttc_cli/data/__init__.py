"""Files of data that are computed over, not read: what they look like, and their rows."""
