"""Modules by name: our own, and those that other packages offer as entry points."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, slots=True)
class Plugin:
    """A module that another package offers.

    Args:
        package, version: of the distribution that offers it; "?" where they are not known.
        taken: whether one of ours has the same name, which is then the one that is used.
    """

    kind: str
    name: str
    package: str
    version: str
    taken: bool
    entry: EntryPoint


@dataclass(frozen=True, slots=True)
class Registry:
    """All modules of a kind.

    Args:
        kind: as people call it: "strategy".
        group: of entry points.
        builtin: our own modules, by name.
        offers: what a module must have.
    """

    kind: str
    group: str
    builtin: Mapping[str, str]
    offers: tuple[str, ...]

    def plugins(self) -> list[Plugin]:
        """What other packages offer, by name; nothing of theirs is imported."""
        from importlib import metadata  # slow to import, and seldom needed

        found = []
        for entry in metadata.entry_points(group=self.group):
            about = entry.dist
            package, version = (about.name, about.version) if about else ("?", "?")
            taken = entry.name in self.builtin
            found.append(Plugin(self.kind, entry.name, package, version, taken, entry))
        return sorted(found, key=lambda plugin: (plugin.name, plugin.package))

    def names(self) -> list[str]:
        """All that can be named, our own first, in the order of the alphabet."""
        others = (plugin.name for plugin in self.plugins())
        return list(dict.fromkeys([*sorted(self.builtin), *others]))

    def working(self) -> list[str]:
        """Names of all that can be used; imports them."""
        found = dict.fromkeys(self.builtin)
        for plugin in self.plugins():
            with contextlib.suppress(UsageError):
                self.load(plugin)
                found[plugin.name] = None
        return list(found)

    def module(self, name: str) -> Any:
        """The module of that name.

        Raises:
            UsageError: there is none (the hint holds the nearest name), or it is another package's
                and cannot be used.
        """
        if name in self.builtin:
            return importlib.import_module(self.builtin[name])
        for plugin in self.plugins():
            if plugin.name == name:
                return self.load(plugin)
        hint = did_you_mean(name, self.names()) or "one of " + ", ".join(self.names())
        raise UsageError(f"no {self.kind} is called {name!r}", hint)

    def version(self, name: str) -> str:
        """Package and version of another package's module; empty for ours, or when unknown."""
        if name in self.builtin:
            return ""
        found = (p for p in self.plugins() if p.name == name)
        return next((f"{plugin.package} {plugin.version}" for plugin in found), "")

    def load(self, plugin: Plugin) -> Any:
        """Import another package's module.

        Raises UsageError: whatever went wrong in it, or it lacks what a module of the kind has.
        """
        try:
            module = plugin.entry.load()
            why = ", ".join(name for name in self.offers if not hasattr(module, name))
            why = f"it has no {why}" if why else ""
        except (Exception, SystemExit) as error:  # it is not ours: anything may come
            why = f"{type(error).__name__}: {error}"
        if why:
            of = f"of {plugin.package} {plugin.version}"
            hint = f"update or uninstall {plugin.package}"
            raise UsageError(f"{self.kind} {plugin.name} {of} cannot be used: {why}", hint)
        return module
