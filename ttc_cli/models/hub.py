"""One file from the Hugging Face hub: quick to hear a "no", slow to give up on a download.

The hub is asked for the file's size and hash first, once and with a time limit. Only when it
answers does the library's own downloader start, which retries a broken connection.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ttc_cli.core.files import private_folder
from ttc_cli.models.catalogue import Entry, Fetched, HubSource, Progress, SourceError
from ttc_cli.models.disk import hash_file, need_space

CONNECT_S = 4.0  # for one answer of the hub
GIVE_UP_S = 8.0  # for name look-up, connection and redirects together


def one_line(error: BaseException) -> str:
    """The last cause of an error, on one line of at most 160 characters."""
    text = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:159] + "…"


def _metadata(source: HubSource) -> tuple[int, str | None]:
    """Size and recorded sha256 of the file; raises whatever the library raises."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(source.repo, source.file, revision=source.revision)
    answer = get_hf_file_metadata(url, timeout=CONNECT_S)
    etag = answer.etag or ""
    return int(answer.size or 0), etag if len(etag) == 64 else None


def ask(source: HubSource) -> tuple[int, str | None]:
    """Size in bytes and sha256 (None when the hub records none), or `SourceError` in seconds.

    On a thread of its own, since a name look-up can hang longer than any time limit of the
    library, and keeps Ctrl-C waiting.
    """
    answers: SimpleQueue[tuple[int, str | None] | Exception] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(_metadata(source))
        except Exception as error:  # whatever it is, the next source is the answer to it
            answers.put(error)

    threading.Thread(target=work, daemon=True, name="ttc-hub").start()
    try:
        answer = answers.get(timeout=GIVE_UP_S)
    except Empty:
        raise SourceError(f"no answer within {GIVE_UP_S:.0f} s") from None
    if isinstance(answer, Exception):
        raise SourceError(one_line(answer)) from answer
    return answer


class _Reported(io.BufferedRandom):
    """A file that says how far it has been written."""

    def __init__(self, path: Path, report: Callable[[int], None]) -> None:
        path.touch()
        super().__init__(io.FileIO(path, "r+"))
        self._report = report

    def write(self, data: Any, /) -> int:
        count = super().write(data)
        self._report(self.tell())
        return count


def fetch(source: HubSource, entry: Entry, folder: Path, progress: Progress) -> Fetched:
    """Fetch the file below `folder`, going on after what an earlier try left there.

    Raises:
        SourceError: the hub says no, or the download broke for good.
        OSError: the disk is full or not writable.
        TtcError: too little free space.
    """
    size, recorded = ask(source)
    expected = entry.sha256 or recorded
    if expected is None:
        raise SourceError("the hub records no sha256 for this file")
    private_folder(folder)
    path = folder / f"hub-{expected[:16]}"  # what another revision left is another file
    here = path.stat().st_size if path.exists() else 0
    need_space(folder, max(0, size - here))
    with _Reported(path, lambda done: progress(done, size, "from the hub")) as file:
        file.truncate(min(here, size))
        _download(source, file, size)
    digest = hash_file(path, lambda done: progress(done, size, "checking"))
    return Fetched(path, digest, recorded)


def _download(source: HubSource, file: io.BufferedRandom, size: int) -> None:
    """Append what is missing of the file.

    By the library's inner function, since its `hf_hub_download` no longer goes on with what a
    process that was killed has left; this one takes the place to go on from.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, disable_progress_bars, logging

    disable_progress_bars()  # ours is drawn, or none
    logging.set_verbosity_error()
    url = hf_hub_url(source.repo, source.file, revision=source.revision)
    done, headers = file.seek(0, io.SEEK_END), build_hf_headers()
    try:
        http_get(url, file, resume_size=done, headers=headers, expected_size=size)
    except Exception as error:
        network = isinstance(error, ConnectionError | TimeoutError)
        if isinstance(error, OSError) and error.errno is not None and not network:
            raise
        raise SourceError(one_line(error)) from error
