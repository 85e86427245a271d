"""The jail: runs code that a model wrote, and takes what comes of it as a stranger's data.

`run_program` runs one program for its value; `examine` says whether code passes tests.
"""

from ttc_cli.jail.lock import Layer, Limits, available, require
from ttc_cli.jail.program import ProgramResult, run_program

__all__ = ["Layer", "Limits", "ProgramResult", "available", "require", "run_program"]
