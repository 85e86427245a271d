"""Verifiers: what says how good a branch is."""
