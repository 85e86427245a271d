"""Many callers on one loaded engine, each as if it had an engine of its own."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.errors import EngineFailed, TtcError
from ttc_cli.core.ledger import Ledger
from ttc_cli.engine.host import Host, Stateful
from ttc_cli.engine.hub import Hub
from ttc_cli.engine.warm import peer, wire
from ttc_cli.engine.warm.caller import Ahead, Caller, Foresee

STEP = 0.02  # seconds that the engine is waited for before the sockets are looked at again
GRACE = 0.1  # seconds that the others wait for a caller that was told something to ask for more
MOST_WAIT = 1.0  # seconds that a caller is held at most where nothing comes


class WarmServer:
    """Shares an engine with other processes of the same user.

    It has no thread of its own: whoever drives the hub calls `turn` again and again.

    Args:
        host: the engine; closed by whoever made it.
        hub: of all runs on it.
        listener: from `peer.listen`.
        build, cell_bytes, name: see `wire.Hello`.
        idle_limit: seconds without a request after which it is `done`; 0 for never.
        fresh: called when somebody comes and nobody else is there: empties the engine's cache, so
            that an answer does not depend on those before it.
        left: called when it is told to leave.
        foresee: see `ahead`.

    `url` is where its owner answers by HTTP too.
    """

    def __init__(
        self,
        host: Host,
        hub: Hub,
        listener: socket.socket,
        *,
        build: str = "",
        cell_bytes: int = 0,
        idle_limit: float = 0.0,
        fresh: Callable[[], None] = lambda: None,
        left: Callable[[], None] = lambda: None,
        foresee: Foresee = lambda _request: None,
        name: str = "",
    ) -> None:
        self._host, self._hub, self._listener = host, hub, listener
        self._build, self._cell_bytes, self._limit = build, cell_bytes, idle_limit
        self._name = name
        self._fresh, self._left = fresh, left
        self.url = ""
        self._ahead = Ahead(host, hub, foresee)
        self._began = self._used = time.monotonic()
        self._calls = 0
        self._callers: dict[socket.socket, Caller] = {}
        self._woken, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self.leaving = False
        for channel in (listener, self._woken, self._waker):
            channel.setblocking(False)
        for channel in (listener, self._woken):
            self._selector.register(channel, selectors.EVENT_READ)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do: it leaves, or was idle for as long as it may."""
        if any(caller.port.live for caller in self._callers.values()):
            return False
        idle = time.monotonic() - self._used
        return self.leaving or 0 < self._limit <= idle

    def turn(self, timeout: float) -> None:
        """Hear what callers want, and tell them what came.

        Args:
            timeout: seconds to wait where nobody waits for the engine.

        Raises EngineFailed: the engine died.
        """
        live = [caller for caller in self._callers.values() if caller.port.live]
        held = any(not caller.port.waiting for caller in live)
        polling = self._ahead.live or any(c.until is not None for c in self._callers.values())
        wait = min(timeout, GRACE) if held else 0.0 if polling else timeout
        for key, events in self._selector.select(wait):
            channel = cast("socket.socket", key.fileobj)
            if channel is self._listener:
                self._accept()
            elif channel is self._woken:
                channel.recv(64)
            elif (caller := self._callers.get(channel)) is not None:
                self._exchange(caller, events)
        for caller in [c for c in self._callers.values() if c.until is not None]:
            self._hand_out(caller)
        self._ahead.go_on(STEP)
        now = time.monotonic()
        for caller in self._callers.values():
            if caller.until is None and now - caller.told > GRACE:
                caller.port.waiting = True  # it is busy with something else, or stopped

    def wake(self) -> None:
        """End a `turn` that waits; any thread may call it."""
        with contextlib.suppress(OSError):  # it was woken often enough, or is closed
            self._waker.send(b"\0")

    def leave(self) -> None:
        """Take no new callers; those that have nothing under way are on their own."""
        if self.leaving:
            return
        self.leaving = True
        self._left()
        self._unlisten()

    def close(self) -> None:
        """Let every caller go; idempotent."""
        self.leave()
        for caller in list(self._callers.values()):
            self._drop(caller)
        for channel in (self._woken, self._waker):
            channel.close()
        self._selector.close()

    def _unlisten(self) -> None:
        self._selector.unregister(self._listener)
        with contextlib.suppress(OSError):
            Path(self._listener.getsockname()).unlink()
        self._listener.close()

    # -- connections ----------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            channel, _ = self._listener.accept()
        except OSError:  # it is gone already
            return
        if not peer.is_ours(channel):
            channel.close()
            return
        if not self._hub.ports:
            self._fresh()
        channel.setblocking(False)
        caller = self._callers[channel] = Caller(channel, self._hub)
        self._selector.register(channel, selectors.EVENT_READ)
        self._send(caller, self._hello())

    def _hello(self) -> wire.Hello:
        host = self._host
        key = cast("Stateful", host).states.key() if "state" in host.info.capabilities else ""
        return wire.Hello(
            self._build, os.getpid(), host.width, self._cell_bytes, key, host.info, self._name
        )

    def _drop(self, caller: Caller) -> None:
        """Forget a caller; what it had under way is cancelled before the next step."""
        self._ahead.end()
        self._selector.unregister(caller.channel)
        del self._callers[caller.channel]
        caller.channel.close()
        caller.port.close()

    def _exchange(self, caller: Caller, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                caller.write()
                self._watch(caller)
            body = caller.read() if events & selectors.EVENT_READ else None
            call = None if body is None else wire.decoder(wire.Call).decode(body)
            values = () if call is None else call.values()
        except (OSError, EOFError, msgspec.MsgspecError, TtcError):  # whoever it is, it is no ttc
            self._drop(caller)
            return
        if call is not None:
            self._hear(caller, call, values)

    def _send(self, caller: Caller, value: Any) -> None:
        caller.unsent += wire.framed(value)
        try:
            caller.write()
        except OSError:
            self._drop(caller)
        else:
            self._watch(caller)

    def _watch(self, caller: Caller) -> None:
        """Look for room to write in only while something is to be written."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.unsent else 0)
        self._selector.modify(caller.channel, events)

    # -- calls ----------------------------------------------------------------------------

    def _hear(self, caller: Caller, call: wire.Call, values: tuple[Any, ...]) -> None:
        caller.accounts.hear(call.charges)
        if call.method == "poll":
            caller.until = time.monotonic() + min(max(values[0], 0.0), MOST_WAIT)
            return
        if call.method == "expect":
            self._reply(caller, self._host.counters)
            self._ahead.begin(values[0])
            return
        try:
            value = self._act(caller, call.method, values)
        except TtcError as error:
            self._reply(caller, None, error)
        except Exception as error:  # the caller must hear of it, whatever it is
            self._reply(caller, None, EngineFailed(f"{type(error).__name__}: {error}"))
        else:
            self._reply(caller, value)

    def _hand_out(self, caller: Caller) -> None:
        """Answer a poll, if something came or its time is over."""
        assert caller.until is not None
        deltas = caller.port.poll(min(STEP, max(0.0, caller.until - time.monotonic())))
        if deltas or not caller.port.live or time.monotonic() >= caller.until:
            caller.until = None
            self._used = time.monotonic()
            self._reply(caller, [self._packed(caller, delta) for delta in deltas])

    def _packed(self, caller: Caller, delta: Delta) -> Delta:
        prompt = caller.prompts.pop(delta.key, None)
        return wire.packed(delta if prompt is None else self._ahead.claimed(prompt, delta))

    def _reply(self, caller: Caller, value: Any, error: TtcError | None = None) -> None:
        charges = caller.accounts.changes()
        caller.forget()
        caller.told = time.monotonic()
        failure = wire.Failure(type(error).__name__, error.message, error.hint) if error else None
        self._send(caller, wire.Reply(wire.raw(value), failure, charges))

    def _act(self, caller: Caller, method: str, values: tuple[Any, ...]) -> Any:
        host = self._host
        match method:
            case "submit":
                self._submit(caller, *values)
            case "cancel":
                caller.port.cancel(*values)
            case "count" | "special_in":
                return getattr(host, method)(*values)
            case "reserve":
                if values[0] > host.info.cells:
                    self._ahead.end()
                host.reserve(*values)
                return host.info
            case "counters":
                return host.counters
            case "status":
                return self._condition()
            case "leave":
                self.leave()
            case _ if "state" in host.info.capabilities:
                return getattr(cast("Stateful", host).states, method)(*values)
            case _:
                raise EngineFailed("this engine keeps no states")
        return None

    def _submit(
        self, caller: Caller, request: BranchRequest, number: int, new: Sequence[wire.Account]
    ) -> None:
        accounts, key = caller.accounts, request.key
        for account in new:
            parent = accounts.get(account.parent)
            twin = Ledger(account.limit, parent=parent, verifier=account.verifier)
            twin.adjust(*account.spent)
            accounts.open(account.number, twin)
        if not isinstance(key, int):
            raise EngineFailed(f"{key!r} is no key")
        self._ahead.asked(request.prompt)
        caller.prompts[key] = request.prompt
        ledger = accounts.get(number)
        caller.port.submit(replace(request, ledger=ledger))
        caller.ledgers[key] = ledger
        self._calls += 1

    def _condition(self) -> wire.Condition:
        now = time.monotonic()
        callers = len(self._callers) - 1  # the one who asks is none
        return wire.Condition(
            now - self._began, now - self._used, self._limit, callers, self._calls, self.url
        )
