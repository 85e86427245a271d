"""Search by steps: growing a tree on the engine, scoring it, going back."""
