"""Several replicas behind one address: they must be one model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ttc_cli.core.errors import TtcError
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.refusal import TransientError
from ttc_cli.engine.openai.server import Found, find

LOOKS = 4
"""At a server that may be several, when it is first met."""
EVERY = 15.0
"""Seconds between two looks later on: a replica may join, or be replaced."""


class Unlike(TtcError):
    """What answers at one address is not one model."""


class Replicas:
    """What is known of all that answers at an address.

    Args:
        found: the first that answered; all others must be as it is.
    """

    def __init__(self, api: Api, found: Found) -> None:
        self._api = api
        self._found = found
        self._facts = dict(found.facts)

    async def look(self, times: int = 1) -> None:
        """Ask again who answers, which may be another each time; nobody is no news.

        Raises:
            Unlike: another model, build or context answers.
        """
        for found in await asyncio.gather(*(self._one() for _ in range(times))):
            if found is not None:
                self.see(found.facts)

    async def watch(self) -> None:
        """Look now and then, for ever; raises as `look`."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    def see(self, facts: Mapping[str, str]) -> None:
        """Compare what a reply or a look tells with what is known.

        Raises:
            Unlike: it differs; the message has both values.
        """
        unlike = [
            f"{name} {self._facts[name]} and {value}"
            for name, value in facts.items()
            if value != self._facts.setdefault(name, value)
        ]
        if unlike:
            raise Unlike(
                f"what answers at {self._api.address.url} is not one model: {', '.join(unlike)}",
                "give all replicas the same model, build and context",
            )

    async def _one(self) -> Found | None:
        try:
            return await find(self._api, self._found.model)
        except (TransientError, TtcError):
            return None
