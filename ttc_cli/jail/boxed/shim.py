"""The part of pytest that tests of a function use; it stands in for pytest, which is not here.

`raises`, `approx`, `fixture`, `mark.parametrize`, `mark.skip`, `mark.skipif`, `mark.xfail`,
`param`, `skip`, `fail`; other marks mean nothing.
"""

from __future__ import annotations

import itertools
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

NUMBERS = ("int", "float", "complex", "Fraction", "Decimal")


class Skipped(Exception):
    """A test that does not want to run."""


def skip(reason: str = "", **_: object) -> None:
    """End a test without a verdict of its own."""
    raise Skipped(reason)


def fail(reason: str = "", **_: object) -> None:
    """Fail a test."""
    raise AssertionError(reason)


class Raises:
    """`with raises(Error, match=...) as caught`; `caught.value` is the error."""

    def __init__(self, kind: Any, match: str | None = None) -> None:
        self._kind, self._match = kind, match
        self.value: Any = None
        self.type: Any = None

    def __enter__(self) -> Raises:
        return self

    def __exit__(self, kind: Any, error: Any, _: object) -> bool:
        if error is None:
            fail(f"did not raise {self._kind}")
        if not isinstance(error, self._kind):
            return False
        self.value, self.type = error, kind
        return self._match is None or self.match(self._match)

    def match(self, pattern: str) -> bool:
        """Whether the error's text matches; it fails otherwise."""
        if not re.search(pattern, str(self.value)):
            fail(f"{str(self.value)!r} does not match {pattern!r}")
        return True


def raises(kind: Any, *call: Any, match: str | None = None, **kwargs: Any) -> Raises:
    """A context that fails unless an error comes up; or a function to be called in one."""
    caught = Raises(kind, match)
    if call:
        with caught:
            call[0](*call[1:], **kwargs)
    return caught


class approx:  # noqa: N801 - its name in pytest
    """Equal to numbers nearby: within `rel` of the expected one, or `abs`."""

    def __init__(self, expected: Any, rel: float = 1e-6, abs: float = 1e-12) -> None:  # noqa: A002 - pytest
        self._expected, self._rel, self._abs = expected, rel, abs

    def __eq__(self, other: Any) -> bool:
        want = self._expected
        if isinstance(want, dict):
            same = type(other) is dict and other.keys() == want.keys()
            return same and all(self._near(other[key], want[key]) for key in want)
        if isinstance(want, (list, tuple)):
            same = type(other) in (list, tuple) and len(other) == len(want)
            return same and all(map(self._near, other, want))
        return self._near(other, want)

    __hash__ = None  # type: ignore[assignment]  # as for any class that has only __eq__

    def __repr__(self) -> str:
        return f"approx({self._expected!r})"

    def _near(self, got: Any, want: Any) -> bool:
        if got == want:
            return True
        if type(got).__name__ not in NUMBERS or type(want).__name__ not in NUMBERS:
            return False
        try:
            room = max(self._rel * abs(complex(want)), self._abs)
            return bool(abs(complex(got) - complex(want)) <= room)
        except OverflowError:
            return False


class _Marks:
    def __getattr__(self, name: str) -> Any:
        def mark(*args: Any, **kwargs: Any) -> Any:
            def put(function: Any) -> Any:
                told = (name, () if bare else args, kwargs)
                function.marks = [*getattr(function, "marks", []), told]
                return function

            bare = len(args) == 1 and isinstance(args[0], (types.FunctionType, type)) and not kwargs
            return put(args[0]) if bare else put

        return mark


mark = _Marks()


def fixture(function: Any = None, **_: object) -> Any:
    """A function whose value tests take by its name."""
    if function is None:
        return fixture
    function.is_fixture = True
    return function


def param(*values: Any, **_: object) -> tuple[Any, ...]:
    """Values of one case."""
    return values if len(values) > 1 else values[0]


def cases(test: Callable[..., Any], of: Any = None) -> Iterator[dict[str, Any]]:
    """The arguments of all cases of a test, by its marks and its class's; none when skipped."""
    marks = [*getattr(of, "marks", []), *getattr(test, "marks", [])]
    if any(name == "skip" or (name == "skipif" and args[0]) for name, args, _ in marks):
        return
    axes = []
    for name, args, kwargs in marks:
        if name == "parametrize":
            names, values = [*args, *kwargs.values()][:2]
            keys = re.findall(r"\w+", names) if isinstance(names, str) else list(names)
            axes.append([dict(zip(keys, v if len(keys) > 1 else [v], strict=True)) for v in values])
    for chosen in itertools.product(*axes):
        yield {key: value for case in chosen for key, value in case.items()}


def may_fail(test: Callable[..., Any]) -> bool:
    """Whether a test is marked as one that may fail."""
    return any(name == "xfail" for name, _, _ in getattr(test, "marks", []))
