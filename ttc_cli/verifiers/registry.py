"""Verifiers by name: our own, and those that other packages offer as entry points.

A verifier's module offers `USAGE` ("NAME" or "NAME:ARGUMENT"), and `build(argument, options,
*, unsafe)`, which raises UsageError for what can be known before a run. It may offer `Options`, a
dataclass, and `opens(argument)`: the files that it goes by besides the reply, none or more. Without
`opens` no whole result is kept, since what it goes by may change at any time. And it may say
`RANKS_ONLY = True`: its scores put replies in order and do not say how likely one is right.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.core import options
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.plugins import Registry
from ttc_cli.models.disk import quick_fingerprint

if TYPE_CHECKING:  # a shell that completes a name waits for this module
    from ttc_cli.core.engine import EngineInfo
    from ttc_cli.core.verify import Verifier
    from ttc_cli.verifiers.combine import Combined

_USAGE = re.compile(r'^USAGE = "(([a-z-]+)[^"]*)"', re.MULTILINE)


def _own() -> Iterator[tuple[str, str, str]]:
    """(name, usage, module) of each file here that says how it is used."""
    here = Path(__file__).parent
    for path in sorted((*here.glob("*.py"), *here.glob("*/verifier.py"))):
        if found := _USAGE.search(path.read_text("utf-8")):
            inside = ".".join(path.relative_to(here).with_suffix("").parts)
            yield found[2], found[1], f"ttc_cli.verifiers.{inside}"


BUILTIN = {name: module for name, _, module in _own()}
USAGES = [usage for _, usage, _ in _own()]
"""How our own are named on a command line: "NAME" or "NAME:ARGUMENT"."""


@dataclass(frozen=True, slots=True)
class Named:
    """A verifier as the command line names it, and the dataclass of its options.

    Each option's metadata["help"] is shown.
    """

    name: str
    argument: str
    module: Any
    options: type[Any]


REGISTRY = Registry("verifier", "ttc.verifiers", BUILTIN, ("USAGE", "build"))
names = REGISTRY.names


def find(text: str) -> Named:
    """A verifier from "NAME" or "NAME:ARGUMENT".

    Raises:
        UsageError: there is none of that name (the hint holds the nearest), or it takes no
            argument.
    """
    name, colon, argument = text.partition(":")
    module = REGISTRY.module(name)
    if colon and ":" not in str(module.USAGE):
        raise UsageError(f"{name} takes no argument, not {argument!r}", f"write -V {name}")
    return Named(name, argument, module, getattr(module, "Options", options.NoOptions))


def identity(text: str) -> str | None:
    """A hash of what a verifier goes by besides the reply; None where that may change any time.

    Raises UsageError: there is none of that name.
    """
    name, _, argument = text.partition(":")
    opens = getattr(REGISTRY.module(name), "opens", None)
    with contextlib.suppress(OSError, ValueError, TtcError):  # told when the verifier is made
        if opens is not None:
            digest = quick_fingerprint(files) if (files := opens(argument)) else ""
            return f"{REGISTRY.version(name)} {digest}".strip()
    return None


def ranks_only(text: str) -> bool:
    """Whether a verifier, named as `find` takes it, only ranks replies; False of one unknown."""
    try:
        module = REGISTRY.module(text.partition(":")[0])
    except UsageError:  # a run of the log may name one that is no longer installed
        return False
    return bool(getattr(module, "RANKS_ONLY", False))


def check(verifier: Verifier | None, info: EngineInfo) -> None:
    """Refuse a verifier on an engine that lacks what it needs.

    Raises MissingCapability: it names both. ModelError: it was made for another model.
    """
    from ttc_cli.verifiers.combine import Combined

    if isinstance(verifier, Combined):
        for part in verifier.parts:
            info.require(*part.needs, by=f"the verifier {part.name}")
            if hasattr(part, "fits"):  # one that was made for a certain model
                part.fits(info)


def assemble(texts: Sequence[str], given: Mapping[str, str], *, unsafe: bool) -> Combined | None:
    """All verifiers of a run in one; None where there is none.

    Args:
        texts: "NAME" or "NAME:ARGUMENT" each.
        given: -O KEY=VALUE; what no verifier has may be the strategy's (see `strategy_options`).
        unsafe: run the model's code also where it cannot be locked in.

    Raises:
        UsageError: see `find`; or an argument makes no sense, or it needs --unsafe-exec.
        UnreadableFile: a file that one needs cannot be read.
    """
    from ttc_cli.verifiers.combine import Combined

    named = [find(text) for text in texts]
    owners = [(one.name, one.options) for one in named]
    theirs = {key: text for key, text in given.items() if options.known(owners, key)}
    chosen = options.deal(owners, theirs)
    parts = [
        one.module.build(one.argument, its_own, unsafe=unsafe)
        for one, its_own in zip(named, chosen, strict=True)
    ]
    return Combined(tuple(parts)) if parts else None


def strategy_options(
    owner: str, kind: type[Any], texts: Sequence[str], given: Mapping[str, str]
) -> Any:
    """A strategy's options, where -O KEY=VALUE goes to whoever has it: it, or a verifier.

    Raises UsageError: nobody has the option, or it is of the wrong type.
    """
    named = [find(text) for text in texts]
    return options.deal([(owner, kind), *((one.name, one.options) for one in named)], given)[0]
