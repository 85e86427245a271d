"""The one place that wires settings, model, engine, strategy and sinks together."""

from ttc_cli.session.loaded import Ask, Session
from ttc_cli.session.prepare import prepare
from ttc_cli.session.prepared import Prepared

__all__ = ["Ask", "Prepared", "Session", "prepare"]
