"""Where a server is, and what it takes to speak to it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

import httpx2

from ttc_cli.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """A server's URL and key.

    Args:
        url: as the user gave it, with `/v1` where it has one.
        key: sent as a bearer token where there is one; it is in no text of ours.
        key_from: what the key was or would be read from, for errors.
        silence: seconds without a word after which a request counts as lost.
        affinity: the header by which a gateway sends what belongs together to one replica.

    Raises UsageError: no URL, no name of a header, or a key that no header can hold.
    """

    url: str
    key: str = field(default="", repr=False)
    key_from: str = "TTC_API_KEY"
    silence: float = 300.0
    affinity: str = "X-Session-ID"

    def __post_init__(self) -> None:
        try:
            httpx2.URL(self.url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise UsageError(f"{self.url!r} is no URL: {error}", "write http://HOST:PORT") from None
        if not re.fullmatch(r"[A-Za-z0-9_-]*", self.affinity):
            raise UsageError(
                f"{self.affinity!r} is no name of a header", "set affinity_header to another"
            )
        if self.key and not re.fullmatch(r"[\x21-\x7e]+", self.key):
            raise UsageError(
                f"{self.key_from} holds a character that no key has",
                "is there a line break, a blank or a quotation mark too many in it?",
            )

    @property
    def base(self) -> str:
        """What `/chat/completions` comes after: a URL without a path gets `/v1`."""
        url = httpx2.URL(self.url)
        return self.url.rstrip("/") + ("/v1" if url.path == "/" else "")

    @property
    def root(self) -> str:
        """Where a server keeps what is not OpenAI's, as `/props`."""
        return self.base.removesuffix("/v1")

    @property
    def host(self) -> str:
        """The name or number of the machine."""
        return httpx2.URL(self.url).host

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


def check_offline(address: Address, *, offline: bool) -> None:
    """UsageError for a server elsewhere when nothing may go over the network."""
    if offline and not address.loopback:
        raise UsageError(
            f"{address.url} is not on this machine, and --offline allows no network",
            "name a local model, or leave --offline out",
        )
