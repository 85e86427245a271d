"""ttc: make a small local model reason better by spending compute at answer time."""

__version__ = "0.1.0"
