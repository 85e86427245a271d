"""What a person or a program sees: sinks that take events and nothing else."""
