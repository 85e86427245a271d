"""When a missing model is fetched, when somebody is asked, and when neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import Shop, quiet_pull

from ttc_cli.core.errors import ModelMissing
from ttc_cli.models import disk
from ttc_cli.models.pull import ensure
from ttc_cli.models.registry import ModelFile


def ensured(
    shop: Shop, home: Path, answer: bool = False, **options: bool
) -> tuple[list[str], object]:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    choices = {"yes": False, "interactive": False, "offline": False, **options}
    model = ensure("tiny", home=home, ask=ask, notify=asked.append, **choices)
    return asked, model


@pytest.fixture
def _catalogued(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.put(1, 2, 3)
    for module in ("registry", "catalogue"):
        monkeypatch.setattr(f"ttc_cli.models.{module}.catalogue", lambda: {"tiny": shop.entry})


@pytest.mark.usefixtures("_catalogued")
class TestEnsure:
    def test_nobody_to_ask(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing, match=r"ttc models pull tiny") as caught:
            ensured(shop, home)
        assert caught.value.exit_code == 4
        assert disk.size_text(len(shop.data)) in caught.value.message

    def test_a_person_says_no(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing):
            ensured(shop, home, interactive=True)

    def test_a_person_says_yes(self, shop: Shop, home: Path) -> None:
        asked, model = ensured(shop, home, answer=True, interactive=True)
        assert isinstance(model, ModelFile)
        assert len(asked) == 1
        assert asked[0].endswith("Fetch it?")

    def test_yes_says_what_it_does(self, shop: Shop, home: Path) -> None:
        said, model = ensured(shop, home, yes=True)
        assert isinstance(model, ModelFile)
        assert disk.size_text(len(shop.data)) in said[0]

    def test_the_environment_may_say_yes(
        self, shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TTC_AUTO_PULL", "1")
        assert isinstance(ensured(shop, home)[1], ModelFile)

    def test_offline_wins(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing):
            ensured(shop, home, yes=True, offline=True)

    def test_a_model_that_is_here_needs_nothing(self, shop: Shop, home: Path) -> None:
        quiet_pull(shop, home)
        said, _ = ensured(shop, home, offline=True)
        assert said == []

    def test_a_copy_of_another_program_is_linked(self, shop: Shop, home: Path) -> None:
        copy = Path.home() / ".lmstudio/models/owner/repo/tiny.gguf"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(shop.data)
        said, model = ensured(shop, home, offline=True)
        assert isinstance(model, ModelFile)
        assert said == ["using lmstudio/owner/repo/tiny.gguf, which is already on this machine"]
        assert model.path.stat().st_ino == copy.stat().st_ino

    def test_a_copy_with_another_hash_is_not(self, shop: Shop, home: Path) -> None:
        copy = Path.home() / ".lmstudio/models/owner/repo/tiny.gguf"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(bytes(len(shop.data)))
        with pytest.raises(ModelMissing):
            ensured(shop, home, offline=True)
