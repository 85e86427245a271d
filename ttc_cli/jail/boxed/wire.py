"""Two processes that do not trust each other: one calls what the other holds.

Plain values travel as copies (see `values`), so that no object with a comparison of its own can
pretend to be equal to anything. All else stays where it is, and is called there. One JSON object a
line, of exactly the keys that are known here; a side that says anything else is heard no more.
"""

from __future__ import annotations

import json
import operator
import types
from collections.abc import Callable, Iterator
from typing import IO, Any, NoReturn

from values import Nonsense, pack, plain_name, unpack

MOST_LINE = 16 << 20
MOST_SHOWN = 120
MOST_TEXT = 2000
MOST_BASES = 50
MOST_BITS = 4000  # of a whole number that is shown by its digits
ENDED = "the code's process ended: an exit, a crash, or a limit"
NONSENSE = "the code answers nonsense"
MUTABLE = (list, dict, set, bytearray)


class Gone(BaseException):
    """The other side has ended, is out of time, or does not speak our language."""


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
        while found := self._peer.exactly(tuple, "next", iterator):
            yield found[0]

    def __len__(self) -> int:
        return int(self._peer.exactly(int, "len", self))

    def __bool__(self) -> bool:
        return bool(self._peer.exactly(bool, "bool", self))

    def __getitem__(self, key: Any) -> Any:
        return self._peer.ask("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._peer.ask("put", self, key, value)

    def __next__(self) -> Any:
        found = self._peer.exactly(tuple, "next", self)
        if not found:
            raise StopIteration
        return found[0]

    def __repr__(self) -> str:
        return str(self._peer.exactly(str, "repr", self))

    def __str__(self) -> str:
        return str(self._peer.exactly(str, "str", self))

    def __instancecheck__(self, value: object) -> bool:
        if hasattr(value, "_fields"):  # a named tuple, which travelled
            return type(value).__name__ == self._name
        return type(value) is Distant and bool(self._peer.exactly(bool, "is a", value, self))

    def __eq__(self, other: object) -> bool:
        """Only with another object of that side: what it says of our values cannot be trusted."""
        if type(other) is not Distant:
            return False
        return self._number == other._number or bool(self._peer.exactly(bool, "same", self, other))

    def __hash__(self) -> int:
        return hash(self._number)


def _between(what: str) -> Callable[[Distant, object], Any]:
    """An operator between two objects of that side.

    With a value of ours (`abs(result - 3.5) < 1e-6`) an object could claim any result.
    """

    def operate(self: Distant, other: object) -> Any:
        return self._peer.ask(what, self, other) if type(other) is Distant else NotImplemented

    return operate


for _name in ("add", "sub", "mul", "lt"):
    setattr(Distant, f"__{_name}__", _between(_name))


def _next(iterator: Any) -> tuple[Any, ...]:
    try:
        return (next(iterator),)
    except StopIteration:
        return ()


ALL: dict[str, Callable[..., Any]] = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs), "attr": getattr, "iter": iter,
    "next": _next, "len": len, "bool": bool, "item": operator.getitem, "put": operator.setitem,
    "repr": repr, "str": str, "is a": isinstance, "same": lambda one, other: bool(one == other),
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "lt": operator.lt,
}  # fmt: skip # what one side may ask of the other's objects


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
        self.last = ""

    def send(self, message: dict[str, Any]) -> None:
        """Write one message."""
        line = json.dumps(message)
        try:
            self._writer.write(line.encode() + b"\n")
            self._writer.flush()
        except OSError:
            self.end(ENDED)

    def receive(self) -> dict[str, Any]:
        """Read one message: an answer, an exception, or a request."""
        try:
            line = self._reader.readline(MOST_LINE)
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            full = len(line) == MOST_LINE
            self.end("the code answers more than anybody would read" if full else ENDED)
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if type(message) is not dict or not _known(message):
            self.end(NONSENSE)
        return dict(message)

    def end(self, why: str) -> NoReturn:
        """Hear nothing more from the other side."""
        self.gone = self.gone or why
        raise Gone(self.gone)

    def ask(self, what: str, target: Any, *args: Any, **kwargs: Any) -> Any:
        """Have the other side do something with its objects; its exceptions are raised here."""
        if self.gone:
            raise Gone(self.gone)
        packed = [self._pack(value) for value in (target, *args)]
        named = {name: self._pack(value) for name, value in kwargs.items()}
        self.send({"do": what, "args": packed, "kwargs": named})
        while "do" in (message := self.receive()):
            self.serve(message)
        if "raised" in message:
            raise self._fail(message["raised"], message["text"])
        try:
            for index, state in message["changed"]:
                _become(args[index - 1] if index else None, self._unpack(state))
            value = self._unpack(message["value"])
        except (Nonsense, IndexError, RecursionError):
            self.end(NONSENSE)
        if what == "call":
            self.last = f"{target._name}({', '.join(map(_shown, args))}) gave {_shown(value)}"
        return value

    def exactly(self, kind: type[Any], what: str, target: Any, *args: Any) -> Any:
        """What was asked for, of this very type."""
        value = self.ask(what, target, *args)
        if type(value) is not kind:
            self.end(NONSENSE)
        return value

    def serve(self, message: dict[str, Any]) -> None:
        """Do what the other side asks for and say what came of it."""
        try:
            args = [self._unpack(packed) for packed in message["args"]]
            before = [self._pack(arg) if type(arg) in MUTABLE else None for arg in args]
            kwargs = {name: self._unpack(packed) for name, packed in message["kwargs"].items()}
            value = self._pack(self._serves[message["do"]](*args, **kwargs))
            after = [self._pack(arg) if type(arg) in MUTABLE else None for arg in args]
            changed = [[i, new] for i, new in enumerate(after) if new != before[i]]
            reply = {"value": value, "changed": changed}
        except Gone:
            raise
        except BaseException as error:  # whatever it is, it is the answer
            names = [str(kind.__name__) for kind in type(error).__mro__][:MOST_BASES]
            reply = {"raised": names, "text": _text(error)}
        self.send(reply)

    def _pack(self, value: Any) -> Any:
        return pack(value, self._keep)

    def _keep(self, value: Any) -> Any:
        """Keep an object that stays on our side, and tell its number."""
        if type(value) is Distant and value._peer is self:
            return ["yours", value._number]
        self._kept.append(value)
        named = value if isinstance(value, (types.FunctionType, type)) else type(value)
        return ["mine", [len(self._kept) - 1, str(named.__name__)]]

    def _unpack(self, data: Any) -> Any:
        return unpack(data, self._object)

    def _object(self, kind: str, of: Any) -> Any:
        if kind == "yours" and type(of) is int and 0 <= of < len(self._kept):
            return self._kept[of]
        if kind == "mine" and type(of) is list and [type(part) for part in of] == [int, str]:
            return Distant(self, of[0], of[1] if plain_name(of[1]) else "object")
        raise Nonsense(kind)


def _known(message: dict[str, Any]) -> bool:
    """Whether a message has one of the three forms, with parts of the right types."""
    keys = set(message)
    if keys == {"value", "changed"}:
        changed = message["changed"]
        return type(changed) is list and all(
            type(one) is list and len(one) == 2 and type(one[0]) is int and one[0] >= 0
            for one in changed
        )
    if keys == {"raised", "text"}:
        names = message["raised"]
        listed = type(names) is list and len(names) <= MOST_BASES
        return listed and all(type(n) is str for n in names) and type(message["text"]) is str
    if keys == {"do", "args", "kwargs"}:
        of = (type(message["do"]), type(message["args"]), type(message["kwargs"]))
        return of == (str, list, dict) and all(map(plain_name, message["kwargs"]))
    return False


def _become(value: Any, new: Any) -> None:
    """Give a list, dictionary or set the content that it has on the other side."""
    if type(value) is not type(new) or type(value) not in MUTABLE:
        raise Nonsense("a change of what cannot change")
    if isinstance(value, (list, bytearray)):
        value[:] = new
    else:
        value.clear()
        value.update(new)


def _shown(value: Any) -> str:
    """A value in a message; never one that the other side would have to show."""
    if type(value) is Distant:
        return f"<{value._name}>"
    if type(value) is int and value.bit_length() > MOST_BITS:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def _text(error: BaseException) -> str:
    try:
        return str(str(error)[:MOST_TEXT])
    except BaseException:  # a class of the code's own
        return ""
