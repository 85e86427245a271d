"""Which server is sent a key."""

from __future__ import annotations

import pytest

from ttc_cli.session.model import address, chosen
from ttc_cli.settings import Settings
from ttc_cli.settings.tables import NamedRemote

URL = "http://lab.example/v1"


@pytest.mark.parametrize(
    ("from_project", "known", "key"),
    [(False, False, "sk-one"), (True, False, ""), (True, True, "sk-one")],
)
def test_a_server_that_only_a_project_names_is_sent_none(
    from_project: bool, known: bool, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_API_KEY", "sk-one")
    settings = Settings(
        model=f"{URL}#m",
        remotes={"lab": NamedRemote(URL)} if known else {},
        from_project=frozenset({"model"} if from_project else ()),
    )
    remote = chosen(settings)
    assert remote is not None
    assert address(remote).key == key
