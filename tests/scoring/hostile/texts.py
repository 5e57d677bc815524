"""CSV files with a fault: in their bytes, their structure, their ids or their values."""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Callable
from random import Random

import pyarrow as pa

from tests.scoring.hostile.world import (
    FOREIGN,
    Columns,
    World,
    csv_bytes,
    csv_text,
    poisoned,
    valid,
    value_column,
)

_NO_NUMBERS = (
    *("nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e999", "0x1p3", "0x10", "1_000"),
    *(
        "0,5",
        "1.234,5",
        "½",
        "٣",
        "１",
        "--1",
        "+-1",
        "1e",
        "e5",
        ".",
        "+",
        "",
        " ",
        "0.5 ",
        " 0.5",
    ),
    *("0.5f", "1d", "None", "NULL", "N/A", "#REF!", "=1+1", "0.5%", "1/2", "true", "\x00", "\x1b"),
    *("\ufeff0.5", "0.5\u00a0", "\u202e0.5", "9" * 5000, "0." + "1" * 100_000, "1e-", "٠٫٥", "∞"),
)
_NO_LABELS = (
    *("", " ", "Cat", "cat ", "CAT", "dog", "dog,small", "u\u0308", "1.0", "01", "+1", "true"),
    *("None", "nan", "\u200bcat", "ca\x00t", "`cat`", "{0}", "%s", "<b>", "cat\ncat", "0\r"),
    "x" * 100_000,
)
_HEADERS = (
    *("", ",", ",,,", '""', "id", "id,", ",id", "id,id", "id;score", "id\tscore", "id|score"),
    *("id,score,score", "id,prediction,prediction", "Id,ID,iD", "id,scores", "score", "ID"),
    *("\x00", "id\x00,score", " id,score", "id ,score", "id,score ", "id,“score”", "id,score\x00"),
    *("_id,score", "ıd,score", "id,ѕcore", "Unnamed: 0,id,score", "{id},{score}", "id,%s"),
    *("id,cat,dog", "id,cat,cat,ü", "id,cat,ü,dog small", "id,prediction,cat", "label,id"),
    *("#id,score", "id,score,prediction,extra", "\u200bid,score", "ｉｄ,score", "x" * 50_000),
)


def flipped(random: Random, world: World) -> bytes:
    """A CSV file with some bits of it turned over."""
    return flip(random, csv_bytes(poisoned(random, world)))


def flip(random: Random, data: bytes) -> bytes:
    """The bytes with one to twenty bits turned over."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 5, 20))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncated(random: Random, world: World) -> bytes:
    """The start of a CSV file."""
    return cut(random, csv_bytes(poisoned(random, world)))


def cut(random: Random, data: bytes) -> bytes:
    """The start or, rarely, the end of the bytes."""
    place = random.randrange(len(data))
    return data[:place] if random.random() < 0.8 else data[place:]


def spliced(random: Random, world: World) -> bytes:
    """A CSV file in which a piece is doubled, lost, moved or overwritten by noise."""
    return splice(random, csv_bytes(poisoned(random, world)))


def splice(random: Random, data: bytes) -> bytes:
    """The bytes with a piece doubled, lost, or overwritten."""
    begin = random.randrange(len(data))
    end = min(len(data), begin + random.choice((1, 4, 30, 400)))
    piece = random.choice((b"", data[begin:end] * 2, random.randbytes(end - begin), b"\x00" * 9))
    return data[:begin] + piece + data[end:]


def compressed(random: Random, world: World) -> bytes:
    """A gzip or Zstandard file that is hurt, cut, nested, chained, or sound around a bad table."""
    plain = csv_bytes(poisoned(random, world))
    once = _compress(random, plain)
    change = random.choice(_COMPRESSED_FAULTS)
    return change(random, once)


def _compress(random: Random, plain: bytes) -> bytes:
    if random.random() < 0.5:
        return gzip.compress(plain, random.choice((0, 1, 9)), mtime=0)
    packed: bytes = pa.compress(plain, codec="zstd", asbytes=True)
    return packed


def _nested(random: Random, data: bytes) -> bytes:
    for _ in range(random.randrange(1, 5)):
        data = _compress(random, data)
    return data


def _chained(random: Random, data: bytes) -> bytes:
    return data + random.choice((data, data[: len(data) // 2], random.randbytes(9), b"\x00" * 99))


def _sound(random: Random, data: bytes) -> bytes:
    return data


_COMPRESSED_FAULTS: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(cut, flip, splice, _nested, _chained, _sound),
)


def encoded(random: Random, world: World) -> bytes:
    """A CSV file in another encoding than UTF-8, or in a broken one."""
    text = csv_text(poisoned(random, world))
    names = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7", "cp037")
    encoding = random.choice((*names, "latin-1", "utf-8"))
    data = text.encode(encoding, errors="replace")
    if encoding != "utf-8":
        return random.choice((b"", b"\xef\xbb\xbf")) + data
    odd = (b"\xed\xa0\x80", b"\xc0\xaf", b"\xff\xfe", b"\xf5\x80\x80\x80", b"\x80", b"\xe2\x82")
    place = random.randrange(len(data))
    return data[:place] + random.choice(odd) + data[place:]


def structured(random: Random, world: World) -> bytes:
    """A CSV file with odd quotes, NULs, line ends, blank lines or cells too many and too few."""
    lines = csv_text(poisoned(random, world)).splitlines()
    for _ in range(random.choice((1, 1, 3, 10))):
        place = random.randrange(len(lines))
        lines[place] = random.choice(_LINE_FAULTS)(random, lines[place])
    ends = random.choice((("\n",), ("\r",), ("\r\n",), ("\n", "\r", "\r\n"), ("\x0b", "\n")))
    return "".join(line + random.choice(ends) for line in lines).encode()


_LINE_FAULTS: tuple[Callable[[Random, str], str], ...] = (
    lambda r, line: '"' + line,
    lambda r, line: line + '"',
    lambda r, line: line.replace(",", '","', 1),
    lambda r, line: line.replace(",", ""),
    lambda r, line: line.replace(",", r.choice(";\t|")),
    lambda r, line: line + "," * r.choice((1, 2, 100, 5000)),
    lambda r, line: line + "\x00",
    lambda r, line: "\x00" * r.choice((1, 1000)),
    lambda r, line: "",
    lambda r, line: "\n" * r.choice((1, 3, 1000)),
    lambda r, line: f"#{line}",
    lambda r, line: line + "\\",
    lambda r, line: '"' * r.choice((1, 2, 3, 999)),
    lambda r, line: "\ufeff" + line,
)


def headed(random: Random, world: World) -> bytes:
    """A CSV file whose header is not the one that is asked for."""
    columns = poisoned(random, world)
    body = csv_text(columns).split("\n", 1)[1]
    line_end = random.choice(("\n", "\r\n", "\r"))
    return (random.choice(_HEADERS) + line_end + random.choice((body, "", body * 3))).encode()


def wide(random: Random, world: World) -> bytes:
    """A CSV file with thousands of columns, some with rows."""
    count = random.choice((1000, 19_990, 20_001, 100_000))
    name = random.choice(("c{}", "c", "", '""'))
    header = ",".join(["id", "score", *(name.format(index) for index in range(count))])
    rows = random.choice(("", "," * (count + 1), "x"))
    return f"{header}\n{rows}\n".encode()


def misnamed(random: Random, world: World) -> bytes:
    """A CSV file whose only fault is in its ids."""
    columns = valid(random, world)
    random.choice(_ID_FAULTS)(random, columns)
    return csv_bytes(columns)


def _replace(change: Callable[[str], str]) -> Callable[[Random, Columns], None]:
    """A fault that changes every id that the change does not leave alone."""

    def fault(random: Random, columns: Columns) -> None:
        changed = [change(key) for key in columns["id"]]
        columns["id"] = changed if changed != columns["id"] else [FOREIGN] * len(changed)

    return fault


def _lose_rows(random: Random, columns: Columns) -> None:
    keep = random.randrange(len(columns["id"]))
    for name in columns:
        columns[name] = columns[name][:keep]


def _double_rows(random: Random, columns: Columns) -> None:
    count = random.choice((1, 5, len(columns["id"])))
    for name in columns:
        columns[name] = columns[name] + columns[name][:count]


def _one_for_another(random: Random, columns: Columns) -> None:
    columns["id"][0] = columns["id"][-1]


_ID_FAULTS: tuple[Callable[[Random, Columns], None], ...] = (
    _lose_rows,
    _double_rows,
    _one_for_another,
    _replace(str.upper),
    _replace(lambda key: f" {key}"),
    _replace(lambda key: f"{key}\t"),
    _replace(lambda key: unicodedata.normalize("NFD", key)),
    _replace(lambda key: unicodedata.normalize("NFKC", f"{key}ﬁ")),
    _replace(lambda key: key.removeprefix("00")),
    _replace(lambda key: "1" if key == "1.0" else key),
    _replace(lambda key: "" if key in ("NA", "None") else key),
    _replace(lambda key: f"{key}\x00"),
    _replace(lambda key: f"\u200b{key}"),
    _replace(lambda key: f"{key}\n"),
    _replace(lambda key: key * 20_000 if key == "NA" else key),
    _replace(lambda key: "`{}%s\\x" + key),
)


def misvalued(random: Random, world: World) -> bytes:
    """A CSV file whose only fault is in its labels, scores or probabilities."""
    columns = valid(random, world)
    name = value_column(columns)
    column = columns[name]
    faults: tuple[str, ...] = _NO_LABELS if name == "prediction" else _NO_NUMBERS
    if name not in ("prediction", "score"):
        faults = (*_NO_NUMBERS, "-0.5", "7", "-1e-3", "1e300", "1.5", "0.9999999e9")
    fault = random.choice([value for value in faults if value not in world.spec.classes])
    for _ in range(random.choice((1, 1, 3, len(column)))):
        column[random.randrange(len(column))] = fault
    # Arrow ignores blanks around a number; a foreign id keeps such a file from being valid.
    columns["id"][random.randrange(len(column))] = FOREIGN
    return csv_bytes(columns)


TEXTS = (
    *(flipped, truncated, spliced, compressed, encoded, structured, headed, misnamed, misvalued),
    *(structured, misvalued, headed, compressed),
)
"""Makers; those that have many variants stand twice."""
