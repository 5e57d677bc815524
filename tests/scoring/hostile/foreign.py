"""Files that are something else altogether, whatever their name says."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import zipfile
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

from tests.scoring.hostile.tables import table_of
from tests.scoring.hostile.texts import cut, flip, splice
from tests.scoring.hostile.world import World, csv_bytes, poisoned

_HEADS = (
    *(b"\x7fELF\x02\x01\x01", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"MZ\x90\x00", b"GIF89a"),
    *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"BZh91AY"),
    *(b"\xfd7zXZ\x00", b"\x04\x22\x4d\x18", b"SQLite format 3\x00", b"\x93NUMPY\x01\x00"),
    *(b"\x1f\x8b", b"\x1f\x8b\x08\xff", b"\x1f\x9d", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),
    *(b"PAR1", b"PARE", b"ARROW1\x00\x00", b"ORC", b"Obj\x01", b"\x89HDF\r\n\x1a\n", b"\x00" * 8),
    *(b"<!DOCTYPE html><html>", b"<?xml version='1.0'?>", b"{", b"[[[[", b"#!/bin/sh\nrm -rf /\n"),
    *(b"version https://git-lfs.github.com/spec/v1\noid sha256:", b"\xff\xfe", b"\xef\xbb\xbf"),
)


def headed(random: Random, world: World) -> bytes:
    """The first bytes of some format, and behind them noise, zeros or a CSV file."""
    size = random.choice((0, 1, 8, 100, 5000))
    rest = (random.randbytes(size), bytes(size), csv_bytes(poisoned(random, world)))
    return random.choice(_HEADS) + random.choice(rest)


def noise(random: Random, world: World) -> bytes:
    """Bytes of no format, or characters of a few that CSV knows."""
    size = random.choice((0, 1, 2, 3, 4, 5, 60, 3000))
    if random.random() < 0.5:
        return random.randbytes(size)
    return "".join(random.choice('id,score"\n\r\x00 01.5é') for _ in range(size)).encode()


def container(random: Random, world: World) -> bytes:
    """A submission in a container that is not accepted, whole or damaged."""
    data = random.choice((_zipped, _tarred, _pickled, _numpy, _json, _arrow))(random, world)
    return random.choice((data, data, cut(random, data), flip(random, data), splice(random, data)))


def _zipped(random: Random, world: World) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        name = random.choice(("submission.csv", "xl/workbook.xml", "../../etc/passwd"))
        entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        archive.writestr(entry, csv_bytes(poisoned(random, world)))
    return buffer.getvalue()


def _tarred(random: Random, world: World) -> bytes:
    buffer = io.BytesIO()
    data = csv_bytes(poisoned(random, world))
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("submission.csv")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return open, ("pwned",)


def _pickled(random: Random, world: World) -> bytes:
    what = random.choice((_Evil(), poisoned(random, world)))
    return pickle.dumps(what, protocol=random.choice((0, 2, 5)))


def _numpy(random: Random, world: World) -> bytes:
    buffer = io.BytesIO()
    cells = [np.array(column) for column in poisoned(random, world).values()]
    if random.random() < 0.5:
        np.savez(buffer, *cells)
    else:
        np.save(buffer, cells[0])
    return buffer.getvalue()


def _json(random: Random, world: World) -> bytes:
    columns = poisoned(random, world)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    forms = (json.dumps(columns), json.dumps(rows), "\n".join(map(json.dumps, rows)), "[" * 5000)
    return random.choice(forms).encode()


def _arrow(random: Random, world: World) -> bytes:
    table = table_of(poisoned(random, world))
    buffer = io.BytesIO()
    if random.random() < 0.5:
        feather.write_feather(table, buffer, compression=random.choice(("lz4", "uncompressed")))
    else:
        with pa.ipc.new_stream(buffer, table.schema) as writer:
            writer.write_table(table)
    return buffer.getvalue()


FOREIGN = (headed, noise, container)
