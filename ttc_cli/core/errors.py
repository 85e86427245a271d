"""Every error ttc raises on purpose, each with its exit code and a hint.

    TtcError                      1  failed while running
    ├── UnreadableFile            1  a file named by the user cannot be read (or written)
    ├── EngineFailed              1  the engine died or refused a decode
    ├── BranchesFailed            1  every branch failed; another attempt may not
    ├── UsageError                2  bad flag, empty prompt, bad option or schema
    │   └── MissingCapability     2  a strategy needs what this engine or model lacks
    ├── NoAnswer                  3  nothing parsable, or agreement below --min-agreement
    ├── ModelError                4  unsupported, or failed to load
    │   ├── ModelMissing          4  not on this machine
    │   └── ModelCorrupt          4  wrong hash, truncated, not a GGUF
    ├── ContextOverflow           5  the prompt does not fit the context
    ├── BudgetSpent               6  the budget ran out before any answer
    └── Interrupted             130  somebody ended the run

Running out of budget after an answer exists is not an error: it is a stop reason.
"""

from __future__ import annotations

LONGEST = 1000  # characters of a message: it is one line, whatever a stranger's input names
_KNOWN: set[str] = set()
SHORTEST = 4  # characters below which a text is too common to be hidden wherever it stands


def keep_secret(secret: str) -> None:
    """Remember a key, so that `masked` hides it from now on."""
    if len(secret) >= SHORTEST:
        _KNOWN.add(secret)


def masked(text: str) -> str:
    """The text with every known key as stars; a server may say it back to us."""
    for secret in _KNOWN:
        text = text.replace(secret, "***")
    return text


def _bounded(text: str) -> str:
    """One line of no more than people read, without keys."""
    text = masked(text)
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 60]} … ({len(text):,} characters)"


class TtcError(Exception):
    """One line of what and why, plus a hint of what to do next.

    Args:
        message: what went wrong and why, one line, no trailing full stop needed.
        hint: what the user can do about it; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = _bounded(message), _bounded(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UnreadableFile(TtcError):
    """A file the user named cannot be read or written."""


class EngineFailed(TtcError):
    """The engine died, or refused a decode it had accepted."""


class BranchesFailed(TtcError):
    """Every branch of a run failed: a connection was lost, or the engine refused each."""


class UsageError(TtcError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class MissingCapability(UsageError):
    """A strategy or verifier needs what the engine or model does not have; names both."""


class NoAnswer(TtcError):
    """Nothing parsable came back, or agreement is below the user's bar."""

    exit_code = 3


class ModelError(TtcError):
    """The model is unsupported or failed to load."""

    exit_code = 4


class ModelMissing(ModelError):
    """The model is not on this machine."""


class ModelCorrupt(ModelError):
    """Wrong hash, truncated, or not a GGUF at all."""


class ContextOverflow(TtcError):
    """The prompt does not fit the context; the message holds both numbers."""

    exit_code = 5


class BudgetSpent(TtcError):
    """The token or time budget ran out before there was any answer."""

    exit_code = 6


class Interrupted(TtcError):
    """Somebody ended the run: a signal, or the server that it ran on."""

    exit_code = 130
