"""What a server takes in a request for a chat, and what it gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ttc_cli.engine.openai.overflow import number_in

LIMITS = ("max_tokens", "max_completion_tokens")
"""The older name of the cap on tokens, and the newer one."""
OPTIONAL = (
    "logprobs", "top_logprobs", "top_k", "min_p", "stream_options", "seed", *LIMITS,
    "temperature", "top_p",
)  # fmt: skip
"""What a request can do without, in the order in which it goes where a refusal names nothing."""
GROUPS = (("logprobs", "top_logprobs"), ("top_k", "min_p"))
"""What is of no use alone, or foreign to the same servers."""
SWITCHES = ("continue_final_message", "add_generation_prompt")


def asked(body: Mapping[str, Any]) -> int:
    """Tokens that a request may draw; 0 where it does not say."""
    return next((int(body[name]) for name in LIMITS if name in body), 0)


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a server; what it once refused is never sent again.

    Args:
        continues: goes on with a last message of the assistant.
        trims: cuts the blanks at that message's end.
        logprobs: gives the likeliest tokens.
        usage: counts tokens.
        system: takes messages of the system.
        opens: whether its template opens a thought, which the reply then only closes; None where
            that is not known.
        flags: has vLLM's switches for the last message, its grammars and its /tokenize.
        most: tokens that it draws at most; 0 for no limit.
        context: tokens of a prompt and its reply, as a refusal told; 0 where none did.
        refused: names of parameters.
    """

    continues: bool = True
    trims: bool = False
    logprobs: bool = True
    usage: bool = True
    system: bool = True
    opens: bool | None = None
    flags: bool = False
    most: int = 0
    context: int = 0
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, Any] | None) -> Form | None:
        """A form as it was written; None for anything else."""
        try:
            return msgspec.convert(value or None, cls)
        except msgspec.ValidationError:
            return None

    def written(self) -> dict[str, Any]:
        """As JSON."""
        return msgspec.structs.asdict(self)

    def but(self, **changes: Any) -> Form:
        """Another form that differs in some things."""
        return msgspec.structs.replace(self, **changes)

    @property
    def abilities(self) -> frozenset[str]:
        """As `EngineInfo` names them."""
        can = {
            "continue": self.continues, "rewind": self.continues, "logprobs": self.logprobs,
            "confidence": self.logprobs, "score": self.logprobs,
            "grammar": self.flags and "structured_outputs" not in self.refused,
            "seed": "seed" not in self.refused, "exact-usage": self.usage or self.flags,
            "messages": True,
        }  # fmt: skip
        return frozenset(name for name, is_so in can.items() if is_so)

    def fit(self, body: dict[str, Any], tokens: int) -> dict[str, Any]:
        """A request without what was refused, with a cap on tokens under a name that is known."""
        limit = next((name for name in LIMITS if name not in self.refused), None)
        if limit:
            body[limit] = min(tokens, self.most or tokens)
        return {name: value for name, value in body.items() if name not in self.refused}

    def without(self, said: str, body: Mapping[str, Any], *, guess: bool = False) -> Form | None:
        """A smaller form after a refusal: less what it names.

        Args:
            said: the server's words.
            body: the request that was refused.
            guess: leave out the next there is where nothing is named.

        Returns:
            None when there is nothing to leave out.
        """
        named = {name for name in body if re.search(rf"\b{name}\b", said)}
        roles = {str(m.get("role")) for m in body.get("messages", ())}
        tokens = asked(body) if named & set(LIMITS) else 0
        most = number_in(said, r"at most (\d+)", r"(?:<=?|equal to|maximum\D{0,30}) ?(\d+)") or 0
        if not self.most and 0 < most < tokens:  # its number is refused, and not its name
            return self.but(most=most)
        found = [name for name in OPTIONAL if name in named]
        partial = body["messages"][-1].get("role") == "assistant"
        if {"temperature", "top_p"} <= named:
            return self._less(["top_p"])  # where one of them is taken, it is the temperature
        if found:
            return self._less([*found, *["top_p"] * ("temperature" in found)])
        if self.system and "system" in roles and re.search(r"\bsystem\b|\broles?\b", said, re.I):
            return self.but(system=False)
        if partial and self.continues and (guess or named & set(SWITCHES)):
            return self.but(continues=False)
        if named == {"stream"}:
            return self._less(["stream"])  # it answers in one piece
        left = [name for name in OPTIONAL if name in body]
        return self._less(left[:1]) if guess and left else None

    def _less(self, names: list[str]) -> Form:
        gone = {*names, *(n for group in GROUPS if {*group} & {*names} for n in group)}
        return self.but(
            refused=tuple(sorted({*self.refused, *gone})),
            logprobs=self.logprobs and "logprobs" not in gone,
            usage=self.usage and "stream_options" not in gone,
        )
