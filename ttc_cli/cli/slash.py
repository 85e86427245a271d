"""The slash commands of a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ttc_cli.cli import output
from ttc_cli.cli.inputs import schema_text
from ttc_cli.cli.values import values
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.text import counted, did_you_mean
from ttc_cli.settings.rules import EFFORTS

if TYPE_CHECKING:
    from ttc_cli.session.chat import Chat
    from ttc_cli.session.loaded import Session
    from ttc_cli.settings import Settings


ALIASES = {"/exit": "/quit", "/bye": "/quit", "/clear": "/new", "/reset": "/new", "/?": "/help"}
"""What other chats call the commands."""
BARE = ("exit", "quit", "bye", "clear", "help")
"""Commands that may be typed without their slash, alone."""


SAVE = "choose another place: /save talk.md"


class Talk(Protocol):
    """What commands see of a chat: see `cli.talk`."""

    said: dict[str, Any]
    chat: Chat

    def settings(self, **changes: Any) -> Settings: ...  # noqa: D102 - the class says it
    def check(self, settings: Settings) -> None: ...  # noqa: D102 - see above
    def open(self, settings: Settings) -> Session: ...  # noqa: D102 - see above
    def say(self, line: str) -> None: ...  # noqa: D102 - see above
    def retry(self, level: str) -> bool: ...  # noqa: D102 - see above
    def summarise(self) -> None: ...  # noqa: D102 - see above


class Commands:
    """What can be said to a chat besides turns; `talk` is the chat that they change."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._saved: set[Path] = set()
        self._table: dict[str, tuple[str, str, Callable[[str], bool | None]]] = {
            "/effort": ("[LEVEL]", "low, medium, high, max or auto", partial(self._set, "effort")),
            "/strategy": ("[NAME]", "how to spend it", partial(self._set, "strategy")),
            "/model": ("[NAME]", "go on with another model", self._model),
            "/system": ("[TEXT]", "the system prompt", partial(self._set, "system")),
            "/schema": (
                "[FILE|JSON]",
                "answers are JSON, valid under it; off ends it",
                self._schema,
            ),
            "/retry": ("[LEVEL]", "answer the last turn anew, with that effort", self._retry),
            "/new": ("", "forget all turns", self._new),
            "/drop": ("[N]", "forget the oldest turns, half of them by default", self._drop),
            "/summarise": ("", "put a summary in the place of the turns", self._summarise),
            "/save": ("FILE", "write the conversation down", self._save),
            "/undo": ("", "forget the last turn", self._undo),
            "/help": ("", "this list", self._help),
            "/quit": ("", "leave, as Ctrl-D does", lambda _: True),
        }

    def run(self, text: str) -> bool:
        """Do what is asked for; True when the chat is over."""
        name, _, argument = text.strip().partition(" ")
        name = ALIASES.get(name, name)
        if name not in self._table:
            hint = did_you_mean(name, self._table) or "/help lists them;"
            hint = f"{hint} a space ahead of it sends it as it is"
            raise UsageError(f"there is no command {name}", hint)
        return bool(self._table[name][2](argument.strip()))

    def complete(self, command: str) -> Sequence[str]:
        """Values that a command takes; for an empty one, all commands."""
        if not command:
            return list(self._table)
        if command in ("/effort", "/retry"):
            return EFFORTS
        kind = {"/strategy": "strategies", "/model": "models"}.get(command)
        return list(values(kind)) if kind else ()

    def _set(self, name: str, value: str) -> None:
        """Change a setting from the next turn on; without a value, tell what it is."""
        talk = self._talk
        if value:
            talk.check(talk.settings(**{name: value}))
            talk.said[name] = value
        talk.say(f"{name}: {getattr(talk.settings(), name) or 'the usual'}")

    def _schema(self, given: str) -> None:
        talk = self._talk
        if given:
            talk.said["schema"] = "" if given == "off" else schema_text(given)
        talk.say(f"schema: {talk.said['schema'] or 'none'}")

    def _model(self, name: str) -> None:
        talk = self._talk
        if name:
            old = talk.chat.session
            talk.chat.switch(talk.open(talk.settings(model=name)))
            old.close()
            talk.said["model"] = name
        talk.say(f"model: {talk.chat.session.model.name}")

    def _retry(self, level: str) -> bool:
        self._needs_turn("answer anew")
        return not self._talk.retry(level)

    def _needs_turn(self, what: str) -> None:
        if not self._talk.chat.turns:
            raise UsageError(f"there is no turn to {what}", "say something first")

    def _new(self, _: str) -> None:
        self._talk.chat.clear()
        self._talk.say("a new conversation")

    def _undo(self, _: str) -> None:
        self._needs_turn("forget")
        turns = self._talk.chat.turns
        turns.pop()
        self._talk.say(f"the last turn is forgotten, {len(turns)} left")

    def _drop(self, count: str) -> None:
        if count and not count.isdecimal():
            raise UsageError(f"/drop takes a number, not {count!r}", "/drop alone forgets half")
        turns = self._talk.chat.turns
        dropped = self._talk.chat.drop(int(count) if count else (len(turns) + 1) // 2)
        self._talk.say(f"{counted(dropped, 'turn')} forgotten, {len(turns)} left")

    def _summarise(self, _: str) -> None:
        self._needs_turn("summarise")
        self._talk.summarise()

    def _save(self, name: str) -> None:
        if not name:
            raise UsageError("/save needs a file", "/save talk.md")
        path = Path(name).expanduser()
        if path.exists() and path not in self._saved:
            raise UnreadableFile(f"{path} is there already", "choose another name")
        output.check_place(path, SAVE)
        turns, model = self._talk.chat.turns, self._talk.chat.session.model.name
        told = [f"## You\n\n{turn.said}\n\n## {model}\n\n{turn.reply}\n\n" for turn in turns]
        output.write_file(path, told, SAVE)
        self._saved.add(path)
        self._talk.say(f"{counted(len(turns), 'turn')} written to {path}")

    def _help(self, _: str) -> None:
        for name, (takes, what, _run) in self._table.items():
            self._talk.say(f"{f'{name} {takes}':22} {what}")
        self._talk.say(r"Alt-Enter or a \ at the end begins another line.")
        self._talk.say('""" begins and ends a text of many lines.')
