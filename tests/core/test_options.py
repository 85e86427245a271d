from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ttc_cli.core import options
from ttc_cli.core.errors import UsageError


@dataclass(frozen=True)
class One:
    rounds: int = field(default=3, metadata={"help": "how many"})
    seconds: float = 2.0


@dataclass(frozen=True)
class Two:
    seconds: float = 5.0
    full_reply: bool = False
    way: str = field(default="mean", metadata={"words": ("mean", "min")})
    bar: float = field(default=0.5, metadata={"least": 0.1, "below": 1})
    share: float = field(default=1.0, metadata={"above": 0, "most": 1})


BOTH = [("one", One), ("two", Two)]


def test_a_key_goes_to_every_owner_that_has_it() -> None:
    given = {"rounds": "7", "seconds": "1.5", "full-reply": "yes"}
    assert options.deal(BOTH, given) == [One(7, 1.5), Two(1.5, True)]
    assert options.deal(BOTH, {}) == [One(), Two()]
    assert options.deal(BOTH, {"full_reply": "no", "way": "min"})[1] == Two(way="min")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"round": "3"}, "one or two has no option 'round'; did you mean 'rounds'?"),
        ({"xyzzy": "3"}, "see --help-options"),
        ({"rounds": "many"}, "option rounds of one takes a whole number of at least 0, not 'many'"),
        ({"full-reply": "perhaps"}, "takes true or false"),
        ({"seconds": "soon"}, "takes a number"),
        ({"seconds": "nan"}, "takes a number of at least 0, not 'nan'"),
        ({"rounds": "-1"}, "takes a whole number of at least 0, not '-1'"),
        ({"bar": "1"}, "takes a number of at least 0.1 and below 1, not '1'"),
        ({"share": "0"}, "takes a number above 0 and up to 1, not '0'"),
        ({"share": "1.01"}, "takes a number above 0 and up to 1, not '1.01'"),
        ({"way": "most"}, "option way of two takes mean or min, not 'most'"),
    ],
)
def test_what_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        options.deal(BOTH, given)
    assert says in str(caught.value)


def test_options_describe_themselves() -> None:
    assert options.describe(One) == [("rounds", "3", "how many"), ("seconds", "2.0", "")]
    assert [name for name, *_ in options.describe(Two)] == [
        "seconds", "full-reply", "way", "bar", "share",
    ]  # fmt: skip
