"""Step labels, probes on hidden states, their training and evaluation."""
