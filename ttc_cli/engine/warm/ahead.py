"""A prompt evaluated ahead of its request, while the caller is still about to send that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.errors import TtcError
from ttc_cli.core.sampling import StopRule
from ttc_cli.engine.host import Host
from ttc_cli.engine.hub import Hub, Port
from ttc_cli.engine.warm.wire import bare

Foresee = Callable[[bytes], tuple[Prompt, int] | None]
"""From what a caller says that it will ask to its first prompt and the cells it will reserve."""


class Ahead:
    """Evaluates one prompt for a caller that does not ask for it yet.

    It is evaluated whole and in the way that the request would have it evaluated, so that the
    request finds what it would have made itself, and its first delta says that it did.
    """

    def __init__(self, host: Host, hub: Hub, foresee: Foresee) -> None:
        self._host = host
        self._hub = hub
        self._foresee = foresee
        self._port: Port | None = None
        self._prompt: Prompt | None = None
        self._evaluated = 0

    @property
    def live(self) -> bool:
        """Whether a prompt is being evaluated."""
        return self._port is not None

    def begin(self, request: bytes) -> None:
        """Begin with what a caller will ask, unless the engine is at work for somebody."""
        if any(port.live for port in self._hub.ports.values()):
            return
        try:
            if (foreseen := self._foresee(request)) is None:
                return
            prompt, cells = foreseen
            self._host.reserve(cells)
            self._port, self._prompt, self._evaluated = self._hub.port(), bare(prompt), 0
            self._port.submit(BranchRequest(0, self._prompt, StopRule(0)))
        except TtcError:  # the caller will hear of it, when it asks
            self.end()

    def go_on(self, timeout: float) -> None:
        """One step, when it is its turn."""
        if self._port is None:
            return
        for delta in self._port.poll(timeout):
            self._evaluated += delta.prefilled
            if delta.stop is not None:
                self._port.close()
                self._port = None
                return

    def asked(self, prompt: Prompt) -> None:
        """A request came: what is evaluated for another one is given up."""
        if prompt != self._prompt:
            self.end()

    def claimed(self, prompt: Prompt, delta: Delta) -> Delta:
        """A request's delta, with what was evaluated ahead for it as its own."""
        if not delta.shared or prompt != self._prompt:
            return delta
        ours = min(self._evaluated, delta.shared)
        self._prompt, self._evaluated = None, 0
        return replace(delta, prefilled=delta.prefilled + ours, shared=delta.shared - ours)

    def end(self) -> None:
        """Give it up."""
        if self._port is not None:
            self._port.close()
        self._port = self._prompt = None
