"""Receiving a file: hashed as sent, stored in one form, and gone unless it is kept."""

import gc
import hashlib
import io
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from podium.uploads import compression
from podium.uploads.receiving import Receiver, from_path

TEXT = b"id,score\n" + b"p1,0.5\n" * 1000


def open_files() -> set[str]:
    """Return the temporary files that this process has open."""
    links = set()
    for fd in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):  # the one that listed the folder
            links.add(str(fd.readlink()))
    return {link for link in links if link.startswith(str(settings.FILE_UPLOAD_TEMP_DIR))}


@given(st.lists(st.binary(min_size=1, max_size=3000), max_size=8))
def test_a_file_comes_back_as_it_was_sent(blocks: list[bytes]) -> None:
    receiver = Receiver()
    for block in blocks:
        receiver.write(block)
    upload, content = receiver.finish("mine.csv"), b"".join(blocks)
    assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with upload.as_sent() as reader:
        assert reader.read() == content


def test_text_is_compressed_block_by_block_into_one_zstd_file() -> None:
    receiver = Receiver()
    for start in range(0, len(TEXT), 999):
        receiver.write(TEXT[start : start + 999])
    upload = receiver.finish("mine.csv")
    stored = upload.path.read_bytes()
    assert upload.stored_name("a.csv") == "a.csv" + compression.SUFFIX
    assert len(stored) < len(TEXT) / 5
    assert pa.input_stream(io.BytesIO(stored), compression="zstd").read() == TEXT


@pytest.mark.parametrize("magic", [b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"%PDF-", b"PK\3\4"])
def test_what_is_dense_is_stored_as_it_is(magic: bytes, tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_bytes(magic + TEXT)
    upload = from_path(file)
    assert upload.path.read_bytes() == magic + TEXT
    assert upload.stored_name("a") == "a"
    assert upload.sha256 == hashlib.sha256(magic + TEXT).hexdigest()


def test_a_later_byte_can_be_read_from(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(TEXT)
    with from_path(file).as_sent() as reader:
        assert reader.seek(5000) == 5000
        assert reader.read() == TEXT[5000:]


def test_a_file_is_gone_with_its_last_reference() -> None:
    before = open_files()
    receiver = Receiver()
    receiver.write(TEXT)
    upload = receiver.finish("mine.csv")
    del receiver
    assert len(open_files() - before) == 1
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()), "it has no name"
    del upload
    gc.collect()
    assert open_files() == before
