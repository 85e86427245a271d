"""Downloads by the real hub client from a server on this machine that speaks enough of its API."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from ttc_cli.core.errors import ModelCorrupt, ModelMissing
from ttc_cli.models.catalogue import Entry, HubSource
from ttc_cli.models.pull import pull
from ttc_cli.models.registry import ModelFile, locate, models_dir

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = bytes(range(256)) * 4096


class Hub(BaseHTTPRequestHandler):
    """One file; `cut` bytes of an answer and the connection breaks, once."""

    digest = hashlib.sha256(DATA).hexdigest()
    cut: ClassVar[list[int]] = []
    asked: ClassVar[list[str]] = []

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(b"", len(DATA))

    def do_GET(self) -> None:
        if "/resolve/" in self.path and "missing" not in self.path:
            self._redirect()
            return
        wanted = self.headers.get("Range", "")
        ours = "/elsewhere/" in self.path  # the client also asks for things of its own
        if ours:
            self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        body = DATA[start:]
        self._answer(body[: self.cut.pop()] if ours and self.cut else body, len(body), start)

    def _redirect(self) -> None:
        """The hub keeps its large files elsewhere."""
        self.send_response(302)
        self.send_header("Location", "/elsewhere/m.gguf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, body: bytes, length: int, start: int = 0) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", f'"{self.digest}"')
        self.send_header("X-Linked-Size", str(len(DATA)))
        self.send_header("Content-Length", str(length))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        self.end_headers()
        self.wfile.write(body)
        if len(body) < length:
            self.close_connection = True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address + template)
    Hub.cut.clear()
    Hub.asked.clear()
    yield Hub
    server.shutdown()
    thread.join()
    server.server_close()


def entry(sha256: str | None, file: str = "m.gguf") -> Entry:
    source = HubSource("owner/repo", file)
    size = len(DATA) if sha256 else 0
    return Entry("m", "m.gguf", size, sha256, "", "", 0, 0, "", (source,))


def get(item: Entry, home: Path) -> ModelFile:
    return pull(item, home=home, offline=False, notify=lambda _: None)


@pytest.mark.parametrize("sha256", [Hub.digest, None], ids=["catalogue's hash", "hub's hash"])
def test_a_file_of_the_hub(hub: type[Hub], home: Path, sha256: str | None) -> None:
    model = get(entry(sha256), home)
    assert model.path.read_bytes() == DATA
    assert model.sha256 == hub.digest
    assert not (models_dir(home) / ".partial" / "m.gguf").exists()


def test_a_broken_download_is_resumed(
    hub: type[Hub], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    hub.cut.append(300_000)
    assert get(entry(Hub.digest), home).path.read_bytes() == DATA
    assert hub.asked[0] == ""
    assert hub.asked[1] == "bytes=300000-"


def test_what_a_killed_pull_left_is_used(hub: type[Hub], home: Path) -> None:
    left = models_dir(home) / ".partial" / "m.gguf" / f"hub-{Hub.digest[:16]}"
    left.parent.mkdir(parents=True)
    left.write_bytes(DATA[:400_000])
    assert get(entry(Hub.digest), home).path.read_bytes() == DATA
    assert hub.asked == ["bytes=400000-"]


def test_another_hash_than_the_catalogues_is_refused(hub: type[Hub], home: Path) -> None:
    with pytest.raises(ModelCorrupt, match="removed"):
        get(entry("0" * 64), home)
    assert not (models_dir(home) / "m.gguf").exists()


def test_a_file_the_hub_does_not_have(hub: type[Hub], home: Path) -> None:
    with pytest.raises(ModelMissing, match=r"owner/repo\): .*404"):
        get(entry(Hub.digest, "missing.gguf"), home)


def test_a_hub_url_is_pulled_without_a_catalogue_entry(hub: type[Hub], home: Path) -> None:
    item = locate("hf://owner/repo@v1/q4/m.gguf", home)
    assert isinstance(item, Entry)
    model = get(item, home)
    assert model.path.name == "v1--owner--repo--q4--m.gguf"
    assert model.sha256 == hub.digest
