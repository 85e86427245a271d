"""Votes over samples: classes and weights, when to stop, which to give up, verifiers' grades."""
