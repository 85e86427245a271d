"""Ways to spend compute on a question: one file each, each a plain function on a Run."""
