"""A strategy and a verifier for ttc."""
