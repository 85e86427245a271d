"""Two processes that do not trust each other: one calls what the other holds.

Plain values (numbers, texts, lists, dictionaries, ...) travel as copies of exactly these types, so
that no object with a comparison of its own can pretend to be equal to anything. All else stays
where it is, and is called there. One JSON value a line; nothing is ever unpickled or evaluated.
"""

from __future__ import annotations

import json
import operator
import types
from collections.abc import Callable, Iterator
from typing import IO, Any, NoReturn

MOST_LINE = 16 << 20
MOST_SHOWN = 120
ENDED = "the code's process ended: an exit, a crash, or a limit"
MUTABLE = (list, dict, set, bytearray)


class Gone(BaseException):
    """The other side has ended, or does not speak our language."""


class Distant:
    """An object of the other side: it is called, looked into and iterated over there."""

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        self._peer, self._number, self._name = peer, number, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._peer.ask("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._peer.ask("attr", self, name)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._peer.ask("iter", self)
        while (found := self._peer.ask("next", iterator)) != ():
            yield found[0]

    def __len__(self) -> int:
        return int(self._peer.ask("len", self))

    def __bool__(self) -> bool:
        return bool(self._peer.ask("bool", self))

    def __getitem__(self, key: Any) -> Any:
        return self._peer.ask("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._peer.ask("put", self, key, value)

    def __next__(self) -> Any:
        found = self._peer.ask("next", self)
        if found == ():
            raise StopIteration
        return found[0]

    def __repr__(self) -> str:
        return str(self._peer.ask("repr", self))

    def __str__(self) -> str:
        return str(self._peer.ask("str", self))

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Distant) and bool(self._peer.ask("is a", value, self))

    def __eq__(self, other: object) -> bool:
        """Only with another object of that side: what it says of our values cannot be trusted."""
        if not isinstance(other, Distant):
            return False
        return self._number == other._number or bool(self._peer.ask("same", self, other))

    def __hash__(self) -> int:
        return hash(self._number)


def _between(what: str) -> Callable[[Distant, object], Any]:
    """An operator between two objects of that side.

    With a value of ours (`abs(result - 3.5) < 1e-6`) an object could claim any result.
    """

    def operate(self: Distant, other: object) -> Any:
        return self._peer.ask(what, self, other) if isinstance(other, Distant) else NotImplemented

    return operate


for _name in ("add", "sub", "mul", "lt"):
    setattr(Distant, f"__{_name}__", _between(_name))


def _next(iterator: Any) -> tuple[Any, ...]:
    try:
        return (next(iterator),)
    except StopIteration:
        return ()


ALL: dict[str, Callable[..., Any]] = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "attr": getattr,
    "iter": iter,
    "next": _next,
    "len": len,
    "bool": bool,
    "item": operator.getitem,
    "put": operator.setitem,
    "repr": repr,
    "str": str,
    "is a": isinstance,
    "same": operator.eq,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "lt": operator.lt,
}
"""What one side may ask of the other's objects."""


class Peer:
    """One end of the line.

    Args:
        serves: what the other side may ask for.
        fail: makes an exception of its names (most special first) and its text.
    """

    def __init__(
        self,
        reader: IO[bytes],
        writer: IO[bytes],
        serves: dict[str, Callable[..., Any]],
        fail: Callable[[list[str], str], BaseException],
    ) -> None:
        self._reader, self._writer = reader, writer
        self._serves, self._fail = serves, fail
        self._kept: list[Any] = []
        self.gone = ""
        self.asked = 0
        self.last = ""

    def send(self, message: dict[str, Any]) -> None:
        """Write one message."""
        line = json.dumps(message)
        try:
            self._writer.write(line.encode() + b"\n")
            self._writer.flush()
        except OSError:
            self._end(ENDED)

    def receive(self) -> dict[str, Any]:
        """Read one message."""
        try:
            line = self._reader.readline(MOST_LINE)
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            self._end(
                "the code answers more than anybody would read" if len(line) == MOST_LINE else ENDED
            )
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._end("the code answers nonsense")
        return dict(message)

    def _end(self, why: str) -> NoReturn:
        self.gone = self.gone or why
        raise Gone(self.gone)

    def ask(self, what: str, target: Any, *args: Any, **kwargs: Any) -> Any:
        """Have the other side do something with its objects; its exceptions are raised here."""
        if self.gone:
            raise Gone(self.gone)
        self.asked += 1
        packed = [self.pack(value) for value in (target, *args)]
        named = {name: self.pack(value) for name, value in kwargs.items()}
        self.send({"do": what, "args": packed, "kwargs": named})
        while "do" in (message := self.receive()):
            self.serve(message)
        try:
            if "raised" in message:
                raise self._fail([str(n) for n in message["raised"]], str(message.get("text", "")))
            for index, state in message.get("changed", []):
                _become(args[int(index) - 1], self.unpack(state))
            value = self.unpack(message["value"])
            if what == "call":
                self.last = f"{target._name}({', '.join(map(_shown, args))}) gave {_shown(value)}"
            return value
        except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
            if "raised" in message:
                raise
            raise Gone(f"the code answers nonsense: {error}") from None

    def serve(self, message: dict[str, Any]) -> None:
        """Do what the other side asks for and say what came of it."""
        try:
            args = [self.unpack(packed) for packed in message["args"]]
            before = [self.pack(arg) if type(arg) in MUTABLE else None for arg in args]
            kwargs = {name: self.unpack(packed) for name, packed in message["kwargs"].items()}
            value = self.pack(self._serves[message["do"]](*args, **kwargs))
            after = [self.pack(arg) if type(arg) in MUTABLE else None for arg in args]
            changed = [[i, new] for i, new in enumerate(after) if new != before[i]]
            reply = {"value": value, "changed": changed}
        except Gone:
            raise
        except BaseException as error:  # whatever it is, it is the answer
            names = [kind.__name__ for kind in type(error).__mro__]
            reply = {"raised": names, "text": _text(error)}
        self.send(reply)

    def pack(self, value: Any) -> Any:
        """A value for JSON: plain ones by their plainest type, others by number."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return ["int", hex(int.__pos__(value))]
        if isinstance(value, float):
            return ["float", float.hex(float.__pos__(value))]
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, complex):
            return ["complex", [float.hex(value.real), float.hex(value.imag)]]
        if isinstance(value, (bytes, bytearray)):
            kind = "bytes" if isinstance(value, bytes) else "bytearray"
            return [kind, bytes.hex(bytes(memoryview(value)))]
        if isinstance(value, dict):
            return ["dict", [[self.pack(k), self.pack(v)] for k, v in dict.items(value)]]
        for name, sequence in _OF.items():
            if isinstance(value, sequence):
                return [name, [self.pack(item) for item in sequence.__iter__(value)]]
        if type(value) is Distant and value._peer is self:
            return ["yours", value._number]
        self._kept.append(value)
        named = value if isinstance(value, (types.FunctionType, type)) else type(value)
        return ["mine", [len(self._kept) - 1, named.__name__]]

    def unpack(self, data: Any) -> Any:
        """The value that was packed; an object of the other side as `Distant`."""
        if data is None or isinstance(data, (bool, str)):
            return data
        kind, of = data
        if kind in _FROM:
            return _FROM[kind](of)
        if kind == "dict":
            return {self.unpack(key): self.unpack(value) for key, value in of}
        if kind in _OF:
            return _OF[kind](self.unpack(item) for item in of)
        if kind == "yours":
            if of < 0:
                raise ValueError(of)
            return self._kept[of]
        if kind == "mine":
            return Distant(self, int(of[0]), str(of[1]))
        raise ValueError(kind)


_OF: dict[str, type[Any]] = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset,
}  # fmt: skip
_FROM: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float.fromhex,
    "complex": lambda parts: complex(*map(float.fromhex, parts)),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
}


def _become(value: Any, new: Any) -> None:
    """Give a list, dictionary or set the content that it has on the other side."""
    if isinstance(value, (list, bytearray)):
        value[:] = new
    elif isinstance(value, (dict, set)):
        value.clear()
        value.update(new)


def _shown(value: Any) -> str:
    """A value in a message; never one that the other side would have to show."""
    if type(value) is Distant:
        return f"<{value._name}>"
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except BaseException:  # a class of the code's own
        return ""
