"""The form that a person's own words fix for a reply: read, checked, and mended without a model."""

from ttc_cli.prompts.forms.constraint import Constraint, brief, language
from ttc_cli.prompts.forms.mending import failing, grammar, mended, shortened
from ttc_cli.prompts.forms.reading import constraints, offered

__all__ = [
    "Constraint", "brief", "constraints", "failing", "grammar", "language", "mended", "offered",
    "shortened",
]  # fmt: skip
