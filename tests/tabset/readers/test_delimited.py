import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from tabset.errors import DatasetError
from tabset.readers import TextFormat, delimited
from tests.tabset.readers.reading import csv_text, read, read_bytes


def test_cells_stay_as_they_are(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, 'id,label\n007,NA\n1.0,None\ntrue," ü, ""x"" "\n')
    assert table.names == ("id", "label")
    assert table.rows == [("007", "NA"), ("1.0", "None"), ("true", ' ü, "x" ')]
    assert table.findings == []


def test_an_empty_cell_is_missing_with_and_without_quotes(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, 'a,b\n,""\n" ",x').rows == [(None, None), (" ", "x")]


def test_line_breaks_stay_in_quoted_cells_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, '\n"a\nb",c\n\n"1\r\n2","\n"\n\n')
    assert table.names == ("a\nb", "c")
    assert table.rows == [("1\r\n2", "\n")]


@pytest.mark.parametrize(
    ("name", "delimiter", "told"),
    [
        *(("t.csv", ",", False), ("t.csv", ";", True), ("t.csv", "\t", True)),
        *(("t.csv", "|", True), ("t.tsv", "\t", False), ("t.txt", ";", True)),
    ],
)
def test_the_delimiter_is_found_and_told_if_unusual(
    tmp_path: Path, name: str, delimiter: str, told: bool
) -> None:
    rows = [["id", "text"], ["1", "a, b; c|d\te"], ["2", 'x "y"; z,']]
    table = read_bytes(tmp_path, csv_text(rows, delimiter), name)
    assert table.rows == [tuple(row) for row in rows[1:]]
    assert table.codes == ["info delimiter"] * told


def test_a_single_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, "name\na;b\nc\n").rows == [("a;b",), ("c",)]


def test_comment_lines_count_neither_as_rows_nor_for_the_delimiter(tmp_path: Path) -> None:
    text = b'# a, b\n# c, "d\na;b\n1;x\n2;\xe9\n3;"\n'
    table = read_bytes(tmp_path, text, form=TextFormat(comment="#"))
    assert table.names == ("a", "b")
    assert table.finding("encoding").rows == (2,)
    assert table.finding("unclosed-quote").rows == (3,)


def test_what_the_organizer_says_about_the_format_holds(tmp_path: Path) -> None:
    form = TextFormat(delimiter=":", encoding="cp1252", comment="#")
    table = read_bytes(tmp_path, b"# made by hand\n#\na:b\n#1:\xfc,\xc3\n", form=form)
    assert table.rows == [("#1", "ü,Ã")]
    assert table.findings == []


@pytest.mark.parametrize(
    "settings",
    [
        *({"delimiter": each} for each in (",,", "\0", "\n", "\\", '"', "→")),
        {"escape": "slash"},
        {"comment": "№"},
    ],
)
def test_a_format_that_cannot_be_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(DatasetError, match="expected"):
        TextFormat(**settings)


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "hex"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(DatasetError, match="is not known"):
        read_bytes(tmp_path, "a\n1\n", form=TextFormat(encoding=encoding))


def test_a_named_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not utf-8: byte 3 does not fit"):
        read_bytes(tmp_path, b"a\n1\xfc\n", form=TextFormat(encoding="utf-8"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_left_out(tmp_path: Path, encoding: str) -> None:
    table = read_bytes(tmp_path, '"ä",b\n1,ü\n'.encode(encoding))
    assert table.names == ("ä", "b")
    assert table.rows == [("1", "ü")]
    assert table.codes == ["info encoding"]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig", "utf-16-le"])
def test_a_byte_order_mark_is_left_out_of_a_named_encoding(tmp_path: Path, encoding: str) -> None:
    content = "\ufeffa,b\n1,ü\n".encode(encoding.removesuffix("-sig"))
    table = read_bytes(tmp_path, content, form=TextFormat(encoding=encoding))
    assert (table.names, table.rows) == (("a", "b"), [("1", "ü")])


def test_utf_16_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not utf-16: byte"):
        read_bytes(tmp_path, "a\nü\n".encode("utf-16")[:-1])


@pytest.mark.parametrize(
    ("raw", "encoding", "text"), [(b"\x80 5", "cp1252", "€ 5"), (b"\x81\xe9", "latin-1", "\x81é")]
)
def test_another_encoding_is_read_with_a_warning_that_names_the_place(
    tmp_path: Path, raw: bytes, encoding: str, text: str
) -> None:
    table = read_bytes(tmp_path, b"id,name\n1,x\n2," + raw + b"\n")
    assert table.rows == [("1", "x"), ("2", text)]
    finding = table.finding("encoding")
    assert (finding.level, finding.rows, finding.column) == ("warning", (2,), "name")
    assert f"byte 14 (row 2, column 'name', {text!r}) is not UTF-8" in finding.message
    assert f"read as {encoding}" in finding.message


def test_capitals_before_a_curly_quote_do_not_make_an_encoding_mixed(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, "a\nCAFÉ’S ÉTÉ\n".encode("cp1252"))
    assert table.rows == [("CAFÉ’S ÉTÉ",)]
    assert table.codes == ["warning encoding"]


def test_mixed_encodings_are_an_error_that_names_both_rows(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, "id,name\n1,ü\n2,x\n".encode() + b"3,\xfc\n")
    finding = table.finding("mixed-encodings")
    assert (finding.level, finding.rows) == ("error", (3, 1))
    assert "(row 1, column 'name', 'ü')" in finding.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\r\n1,2\r\n", "2 CRLF"),
        ("a,b\r1,2\r", "2 CR"),
        ("a,b\r\n1,2\n", "1 CRLF and 1 LF; line ends inside"),
        ("a,b\n1,2\r", "1 LF and 1 CR; line ends inside"),
    ],
)
def test_line_ends_are_told_and_read(tmp_path: Path, text: str, words: str) -> None:
    table = read_bytes(tmp_path, text)
    assert table.rows == [("1", "2")]
    assert words in table.finding("line-ends").message
    assert table.codes == ["info line-ends"]


def test_nul_bytes_are_an_error_with_row_and_column(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, b"a,b\n1,x\n2\n3,y\0z\n")
    assert table.rows == [("1", "x"), ("3", "y\0z")]
    finding = table.finding("nul-byte")
    assert (finding.level, finding.rows, finding.column) == ("error", (3,), "b")
    assert "row 3, column 'b': 'y\\x00z'" in finding.message


def test_rows_with_nul_bytes_are_counted_with_the_ragged_ones(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, b"a,b\n1\n2,x\n3\n4\n5,\0\n6\n7,\0\n")
    assert table.finding("nul-byte").rows == (5, 7)


def test_a_nul_byte_in_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"header of raw\.csv has a NUL byte.*UTF-16"):
        read_bytes(tmp_path, "a,b\n1,2\n".encode("utf-16-le"))


def test_ragged_rows_are_an_error_and_reading_goes_on(tmp_path: Path) -> None:
    bad = [f"r{number}" if number % 2 else f"r{number},1,2" for number in range(30)]
    table = read_bytes(tmp_path, "\n".join(["a,b", "0,0", *bad, "1,1", ""]))
    assert table.rows == [("0", "0"), ("1", "1")]
    finding = table.finding("ragged-rows")
    assert finding.level == "error"
    assert finding.rows == tuple(range(2, 22))
    assert finding.count == 30
    assert finding.message.startswith(
        "raw.csv: 2 cells are expected in a row, but row 2 has 3, row 3 has 1, row 4 has 3"
    )
    assert "row 21 has 1 and 10 more rows (in all 15 with 1, 15 with 3)" in finding.message
    assert "The first reads 'r0,1,2'" in finding.message


def test_rows_of_ragged_lines_count_records_and_not_lines(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, 'a,b\n"1\n2\n3",4\n\n5\n')
    assert table.finding("ragged-rows").rows == (2,)


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ('a,b\n1,2\n3,"x\n4,5\n', 2, "b"),
        ('a,b\n"1,2\n3,4', 1, "a"),
        ('a,b\n1,2\n3,"x', 2, "b"),
        ('a,b\n5" pipe,2\n3,"x\n', 2, "b"),
    ],
)
def test_a_quote_that_nothing_closes_is_an_error_that_names_its_row(
    tmp_path: Path, text: str, row: int, column: str
) -> None:
    finding = read_bytes(tmp_path, text).finding("unclosed-quote")
    assert (finding.level, finding.rows) == ("error", (row,))
    assert f"in row {row}, column {column!r}" in finding.message


def test_a_single_quote_inside_of_a_cell_is_a_plain_character(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, 'a,b\n5" pipe,x\n')
    assert table.rows == [('5" pipe', "x")]
    assert table.findings == []


def test_a_quote_that_is_not_closed_in_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"header of raw\.csv has a quote that is not closed"):
        read_bytes(tmp_path, 'a,"b\n1,2\n')


def test_backslashes_stay_beside_doubled_quotes(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, 'id,name\n1,"W (James \\""Logan\\"" H)"\n2,C:\\x\n3,"y\\"\n')
    assert table.rows == [("1", 'W (James \\"Logan\\" H)'), ("2", "C:\\x"), ("3", "y\\")]
    assert table.findings == []


def test_quotes_that_are_all_escaped_by_backslashes_are_read(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, 'id,name\n1,"say \\"hi\\", he said"\n2,"a \\\\ b"\n3,"\\"x\\""\n')
    assert table.rows == [("1", 'say "hi", he said'), ("2", "a \\ b"), ("3", '"x"')]
    assert table.codes == ["info quote-escape"]


@pytest.mark.parametrize("other", ["C:\\temp", '"a \\""b\\"" c"'])
def test_two_meanings_of_a_backslash_are_an_error(tmp_path: Path, other: str) -> None:
    table = read_bytes(tmp_path, f'id,name\n1,{other}\n2,"say \\"hi\\""\n')
    finding = table.finding("quote-escape")
    assert (finding.level, finding.rows) == ("error", (2,))


def test_the_escape_can_be_said(tmp_path: Path) -> None:
    text = 'id,name\n1,C:\\temp\n2,"say \\"hi\\""\n'
    table = read_bytes(tmp_path, text, form=TextFormat(escape="backslash"))
    assert table.rows == [("1", "C:temp"), ("2", 'say "hi"')]
    assert table.findings == []


def test_columns_without_a_name_or_with_the_same_are_errors(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, ",a,b,a,column_1\n1,2,3,4,5\n")
    assert table.names == ("column_6", "a", "b", "a_4", "column_1")
    assert table.rows == [("1", "2", "3", "4", "5")]
    assert "no name for column 1;" in table.finding("empty-column-name").message
    assert "2 columns are named 'a'" in table.finding("doubled-column-name").message
    assert {finding.level for finding in table.findings} == {"error"}


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"raw\.csv is empty"):
        read_bytes(tmp_path, content)


def test_a_file_of_blank_lines_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no header"):
        read_bytes(tmp_path, "\n\n\r\n")


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "a,b\n\n\n"])
def test_a_header_without_rows_is_an_error(tmp_path: Path, text: str) -> None:
    table = read_bytes(tmp_path, text)
    assert (table.names, table.rows) == (("a", "b"), [])
    assert table.codes == ["error no-rows"]


def test_ten_thousand_columns(tmp_path: Path) -> None:
    names = [f"column {number}" for number in range(10_000)]
    table = read_bytes(tmp_path, csv_text([names, ["x"] * 10_000]))
    assert table.names == tuple(names)
    assert table.rows == [("x",) * 10_000]


@pytest.mark.parametrize("header", ["x" * 5_000 + ",b", 'a,"' + "x\n" * 5_000])
def test_a_header_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setattr(delimited, "HEAD_BYTES", 1 << 10)
    with pytest.raises(DatasetError, match=r"header of raw\.csv is larger than"):
        read_bytes(tmp_path, f"{header}\n1,2\n")


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has 20001 columns; at most 20000"):
        read_bytes(tmp_path, "a," * 20_000 + "b\n")


def test_large_cells_make_the_blocks_grow_and_no_row_is_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 1 << 10)
    small = [[str(number), "x"] for number in range(500)]
    rows = [*small, ["big", "y\n" * 500_000], ["ragged"], *small]
    table = read_bytes(tmp_path, csv_text([["id", "text"], *rows]))
    assert table.rows == [tuple(row) for row in rows if len(row) == 2]
    assert table.finding("ragged-rows").rows == (502,)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("x" * 50_000, "a row of more than 0 MB; shorten it"),
        ('"' + "x\n" * 50_000, "in row 2, column 'b'.* a quote opens that nothing closes"),
    ],
)
def test_a_row_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, words: str
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(delimited, "MAX_BLOCK_BYTES", 1 << 11)
    with pytest.raises(DatasetError, match=words):
        read_bytes(tmp_path, f"a,b\n1,2\n3,{cell}\n")


@pytest.mark.parametrize("codec", ["gzip", "bz2", "zstd"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_compressed_files_are_read(tmp_path: Path, codec: str, encoding: str) -> None:
    plain = "a,b\r\n1,ü\r\n".encode(encoding)
    suffix = {"gzip": ".gz", "bz2": ".bz2", "zstd": ".zst"}[codec]
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(plain)
    table = read_bytes(tmp_path, bytes(sink.getvalue()), f"raw.csv{suffix}")
    assert table.rows == [("1", "ü")]


def test_compression_is_told_by_the_content(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, gzip.compress(b"a\n1\n")).rows == [("1",)]
    assert read_bytes(tmp_path, b"BZh1\n1\n").names == ("BZh1",)
    joined = bz2.compress(b"a\n1\n") + bz2.compress(b"2\n")
    assert read_bytes(tmp_path, joined, "raw.csv.bz2").rows == [("1",), ("2",)]


@pytest.mark.parametrize("name", ["raw.csv.gz", "raw.csv"])
def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    content = gzip.compress("".join(f"{number}\n" for number in range(9_999)).encode())
    with pytest.raises(DatasetError, match="cannot be read"):
        read_bytes(tmp_path, content[:-100], name)


def test_findings_come_while_the_batches_are_read(tmp_path: Path) -> None:
    path = tmp_path / "raw.csv"
    path.write_text("a,b\n1\n")
    assert read(path).codes == ["error ragged-rows"]
