"""When a missing model is fetched, when somebody is asked, and when neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import Shop

from ttc_cli.core.errors import ModelMissing
from ttc_cli.models import disk
from ttc_cli.models.pull import ensure
from ttc_cli.models.registry import ModelFile


def ensured(
    shop: Shop, home: Path, answer: bool | None = None, **options: bool
) -> tuple[list[str], object]:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return bool(answer)

    choices = {"yes": False, "offline": False, **options}
    shop.put(1, 2, 3)
    asks = None if answer is None else ask
    return asked, ensure(shop.entry, home=home, ask=asks, notify=asked.append, **choices)


class TestEnsure:
    def test_nobody_to_ask(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing, match=r"ttc models pull tiny") as caught:
            ensured(shop, home)
        assert caught.value.exit_code == 4
        assert disk.size_text(len(shop.data)) in caught.value.message

    def test_a_person_says_no(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing):
            ensured(shop, home, answer=False)

    def test_a_person_says_yes(self, shop: Shop, home: Path) -> None:
        asked, model = ensured(shop, home, answer=True)
        assert isinstance(model, ModelFile)
        assert len(asked) == 1
        assert asked[0].endswith("Fetch it?")

    def test_yes_says_what_it_does(self, shop: Shop, home: Path) -> None:
        said, model = ensured(shop, home, yes=True)
        assert isinstance(model, ModelFile)
        assert disk.size_text(len(shop.data)) in said[0]

    def test_offline_wins(self, shop: Shop, home: Path) -> None:
        with pytest.raises(ModelMissing):
            ensured(shop, home, yes=True, offline=True)

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
