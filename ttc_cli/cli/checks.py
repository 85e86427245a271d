"""What can be refused before a model is fetched or loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ttc_cli.cli import output
from ttc_cli.core.errors import UsageError
from ttc_cli.core.sampling import Sampling

if TYPE_CHECKING:
    from ttc_cli.settings import Flags, Settings


def check_flags(settings: Settings, how: Flags) -> None:
    """Refuse flags that exclude each other or are out of range.

    Raises:
        UsageError: it names them.
    """
    if how.as_json and how.jsonl:
        raise UsageError("--json and --jsonl exclude each other", "give one of them")
    if how.min_agreement is not None and not 0 <= how.min_agreement <= 1:
        raise UsageError(f"--min-agreement is {how.min_agreement}", "give a number from 0 to 1")
    if how.output is not None:
        output.check_place(how.output)  # now, and not after minutes of work
    Sampling(top_p=1 if settings.top_p is None else settings.top_p, min_p=settings.min_p or 0)
