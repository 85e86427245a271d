"""The router: from a prompt to a task, a path and an effort."""
