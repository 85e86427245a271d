"""Documents: what can be read, what is refused, and where it goes in the prompt."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import UnreadableFile
from ttc_cli.prompts.message import DEFAULT_SYSTEM, Document, conversation, decode, frame, read


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\n", "plain\n"),
        ("é 漢\n".encode(), "é 漢\n"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("é\r\nx".encode("utf-16"), "é\nx"),
        (b"\xff\xfe" + "é".encode("utf-16-le"), "é"),
        (b"\xfe\xff" + "é".encode("utf-16-be"), "é"),
        ("é".encode("utf-32"), "é"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
    ],
)
def test_what_is_text(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(data)
    assert read(path) == Document(str(path), text)
    assert decode("stdin", data) == Document("stdin", text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x7fELF\0\0\1", "cannot use f: it is binary, not text"),
        (b"GGUF\x03\0\0\xff", "cannot use f: it is binary, not text"),
        (b"\xff\xfe\0\0", "cannot use f: it is empty"),
        (b"caf\xe9", "cannot use f: byte 3 is not UTF-8 text"),
        (b"\xff\xfea", "cannot use f: byte 2 is not UTF-16 text"),
        (b"", "cannot use f: it is empty"),
        (b" \n\t", "cannot use f: it is empty"),
        (b"\xef\xbb\xbf", "cannot use f: it is empty"),
        (b"x" * 101, "cannot use f: it has 101 bytes, and 100 are allowed"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode("f", data, limit=100)
    assert caught.value.message == message
    assert caught.value.exit_code == 1


def test_a_name_that_is_no_utf8_is_shown_as_far_as_it_is() -> None:
    (message,) = conversation("Why?", [Document("caf\udce9.txt", "x")], system="")
    assert message.content == '<document name="caf?.txt">\nx\n</document>\n\nWhy?'


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"cannot read .*none: no such file or directory"):
        read(tmp_path / "none")
    with pytest.raises(UnreadableFile, match=r"it is a directory; name the files in it"):
        read(tmp_path)
    with pytest.raises(UnreadableFile, match="null"):
        read(Path("a\0b"))
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(UnreadableFile, match="cannot read"):
        read(loop)


def test_a_large_file_is_refused_with_its_own_size(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as handle:
        handle.truncate(30_000_000_000)  # sparse: no disk is used, and it is not read whole
    with pytest.raises(UnreadableFile, match="it has 30,000,000,000 bytes, and 20,000,000 are"):
        read(path)


def test_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"through a pipe",))
    writer.start()
    assert read(path).text == "through a pipe"
    writer.join()


def test_an_endless_device_is_not_read_for_ever() -> None:
    with pytest.raises(UnreadableFile, match="101 bytes"):
        read(Path("/dev/zero"), limit=100)


DOCUMENTS = (Document("a.txt", "A\n"), Document('b "x".txt', "B"))


def test_the_long_part_comes_first_and_stays_when_the_rest_changes() -> None:
    found = frame("Why?", DOCUMENTS, "Be brief.")
    assert found == (
        '<document name="a.txt">\nA\n</document>\n\n'
        '<document name="b \\"x\\".txt">\nB\n</document>\n\n'
        "Why?\nBe brief."
    )
    other = frame("How?", DOCUMENTS)
    assert other.startswith(found.removesuffix("Why?\nBe brief."))


def test_the_name_of_a_pipe_is_no_content() -> None:
    for name in ("stdin", "/dev/fd/63"):
        assert frame("Why?", [Document(name, "A\n")]) == "<document>\nA\n</document>\n\nWhy?"


def test_without_documents_the_question_is_as_it_is() -> None:
    assert frame("  Why?") == "  Why?"
    assert frame("", DOCUMENTS[:1]) == '<document name="a.txt">\nA\n</document>'


def test_conversation() -> None:
    history = [Message("user", "a"), Message("assistant", "b")]
    usual = conversation("c", wording="d", history=history)
    assert usual == [Message("system", DEFAULT_SYSTEM), *history, Message("user", "c\nd")]
    assert conversation("c", system="") == [Message("user", "c")]
    assert conversation("c", system="s")[0] == Message("system", "s")
