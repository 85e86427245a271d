"""One chat: its turns, its settings, and what surrounds them."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli import output
from ttc_cli.cli.delivery import check_flags, show, viewed
from ttc_cli.cli.inputs import schema_text
from ttc_cli.cli.logged import earlier, recorder
from ttc_cli.cli.options import Given, filled
from ttc_cli.cli.process import INTERRUPTED, TERMINATED, Signals
from ttc_cli.cli.pulling import choose_for
from ttc_cli.cli.turns import Editor, Lines
from ttc_cli.core.errors import ContextOverflow, TtcError
from ttc_cli.core.events import Done, Event, watch
from ttc_cli.core.sampling import Sampling
from ttc_cli.core.text import counted
from ttc_cli.prompts.message import read
from ttc_cli.session import warm
from ttc_cli.session.chat import FULL, SUMMARISE, Chat, Turn
from ttc_cli.session.loaded import Session, new_id
from ttc_cli.session.request import Request, check
from ttc_cli.session.running import answering, start
from ttc_cli.settings import Flags, Settings, load

if TYPE_CHECKING:
    from ttc_cli.session.plan import Planned

SHORTER = "/drop forgets the oldest turns, /summarise shrinks them, /new begins anew"


def run(given: Given, signals: Signals) -> int:
    """Talk until there are no more turns; returns the exit code."""
    before = earlier(given.flags)
    talk = Talk(filled(given.settings, before.settings), given.flags, signals)
    try:
        pairs = zip(before.turns[::2], before.turns[1::2], strict=True)
        talk.chat.turns += [Turn(q.content, q, a.content, before.parent) for q, a in pairs]
        if before.turns:
            talk.say(f"going on after {counted(len(talk.chat.turns), 'turn')}")
        return talk.run()
    finally:
        talk.view.end()
        talk.chat.session.close()


class Talk:
    """One chat: its conversation, its settings, where turns come from.

    Args:
        said: settings by name; slash commands change them.
    """

    def __init__(self, said: dict[str, Any], flags: Flags, signals: Signals) -> None:
        from ttc_cli.cli.slash import Commands

        self.said = {**said, "schema": schema_text(said.get("schema", ""))}
        self.how, self.signals = flags, signals
        self.code = 0
        self._retries = 0
        settings = self.settings()
        self.view = viewed(settings, flags)
        check_flags(flags)
        self.check(settings)
        self.documents = tuple(read(Path(name)) for name in flags.files)
        self.chat = Chat(self.open(settings))
        self.commands = Commands(self)
        self.interactive = sys.stdin.isatty() and sys.stderr.isatty()
        self.source: Lines | Editor = Lines()
        if self.interactive:
            history = settings.places.log / "chat-history" if settings.log else None
            self.source = Editor(history, self.commands.complete)

    def settings(self, **changes: Any) -> Settings:
        """The settings as they are now, some of them changed."""
        return load({**self.said, **changes})

    def check(self, settings: Settings) -> None:
        """UsageError for a strategy, verifiers or options that make no sense."""
        check(Request.of(settings), unsafe=settings.unsafe_exec)

    def open(self, settings: Settings) -> Session:
        """Begin to load the model that the settings name."""
        model = choose_for(settings, self.view, self.signals)
        session = Session(settings, model, warm=warm)
        session.begin()
        return session

    def say(self, line: str) -> None:
        """One line on stderr."""
        self.view.say(line)

    def run(self) -> int:
        """Read and answer; returns the exit code, which without a terminal is the last error's."""
        from ttc_cli.cli.slash import BARE

        if self.interactive:
            self.view.clear()
            name = self.chat.session.model.name
            self.say(f"{name}; /help lists commands, Ctrl-D leaves")
        leaves, failed = False, 0
        while not leaves and (text := self.source.read()) is not None:
            self.code = 0
            if not text.strip():
                continue
            try:
                if self.interactive and (word := text.rstrip().lower()) in BARE:
                    text = f"/{word}"
                if text.startswith("/"):
                    leaves = self.commands.run(text)
                else:
                    self._retries = 0
                    leaves = not self.turn(text)
            except TtcError as error:
                output.report(error, as_json=False)
                failed = error.exit_code
            failed = self.code or failed
        if self._leaving:
            return self.code
        return 0 if self.interactive else failed

    def turn(self, text: str, **changes: Any) -> bool:
        """Answer a turn and keep it; False when nobody reads what is written.

        An error leaves the conversation as it was.
        """
        try:
            planned, result = self._answer(text, shown=True, **changes)
        except ContextOverflow as error:
            self.source.give_back(text)
            raise ContextOverflow(error.message, SHORTER) from error
        if result is None:
            if self._leaving or not self.code:  # or nobody reads
                return False
            self.say("stopped before there was anything to keep")
            return True
        choice = result["choices"][0]
        self.documents = ()
        self.chat.keep(planned, choice["message"]["content"])
        if self._leaving:
            return False
        if self.code:
            self.say("what there is of it is kept; /retry asks again")
        used, context = self.chat.used, self.chat.session.engine.info.context
        if used / context >= FULL:
            self.say(
                f"the context is {used / context:.0%} full, {used:,} of {context:,}: {SHORTER}"
            )
        return True

    @property
    def _leaving(self) -> bool:
        """Whether a signal came that is meant for the chat and not for the answer."""
        return self.code == TERMINATED or (self.code == INTERRUPTED and not self.interactive)

    def retry(self, level: str) -> bool:
        """Answer the last turn anew: with another effort, or else with another seed."""
        last = self.chat.turns.pop()
        self._retries += 1
        changes: dict[str, Any] = {"effort": level}
        if not level:
            settings = self.settings()
            seed = 0 if settings.seed == "random" else int(settings.seed)
            warm = Sampling().temperature if settings.temperature is None else settings.temperature
            changes = {"seed": str(seed + self._retries), "temperature": warm}
        before, self.documents = len(self.chat.turns), last.documents
        try:
            return self.turn(last.said, **changes)
        finally:
            if len(self.chat.turns) == before:
                self.chat.turns.append(last)

    def summarise(self) -> None:
        """Put a summary in the place of the turns."""
        simple = {"effort": "low", "strategy": "direct", "schema": ""}
        try:
            _, result = self._answer(SUMMARISE, shown=False, **simple)
        except ContextOverflow as error:
            raise ContextOverflow(error.message, "/drop some turns first, or /new") from error
        if result is None or self.code:
            why = "interrupted" if self.code in (INTERRUPTED, TERMINATED) else "not finished"
            self.say(f"no summary: it was {why}, and the turns stay")
            return
        self.chat.summarised(result["choices"][0]["message"]["content"])
        self.say(f"the turns are {self.chat.used:,} tokens now")

    def _answer(
        self, text: str, *, shown: bool, **changes: Any
    ) -> tuple[Planned, dict[str, Any] | None]:
        """Run one turn. `self.code` is that of a signal, 0 without one."""
        signals, settings = self.signals, self.settings(**changes)
        signals.patient = True
        signals.stops(lambda: None)  # while it is planned, Ctrl-C is only noted
        self.chat.session.settings = settings
        how = self.how if shown else replace(self.how, as_json=True)
        self.view = view = viewed(settings, how)
        signals.resumed = view.forget
        if not self.chat.turns:
            view.status("loading the model")
        request = Request.of(settings, text, documents=self.documents)
        began, run_id, result = time.monotonic(), new_id(), None
        begun = request.entry(run_id, {**self.said, **changes}, self.chat.parent, "chat")
        log = recorder(settings, begun, began, view.say)

        def hear(event: Event) -> None:
            nonlocal result
            result = event.result if isinstance(event, Done) else result

        try:
            with self.source.silent() as signals.restore, log as record:
                signals.last_words = record.leave
                planned = self.chat.ask(request, began=began, run_id=run_id)
                started = start(planned)
                signals.stops(started.interrupt)
                if signals.code:
                    started.interrupt()
                flow = watch(answering(planned, started), hear)
                quietly = replace(how, as_json=False)
                record.code = self.code = show(flow, quietly, view, record, signals)
        finally:
            view.clear()
            signals.last_words = lambda _code: None
            signals.stops(None)
            signals.code = 0
        return planned, result
