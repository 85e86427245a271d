"""The one place that wires settings, model, engine, strategy and sinks together.

Nothing is imported here, so that a model can load while `prepare` and what it needs are imported.
"""
