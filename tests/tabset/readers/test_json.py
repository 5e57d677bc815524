import gzip
import json
from pathlib import Path

import pytest

from tabset.errors import DatasetError
from tabset.readers import json_items, json_table
from tests.tabset.readers.reading import Table, read_bytes


def lines(folder: Path, *texts: str) -> Table:
    return read_bytes(folder, "\n".join(texts), "raw.jsonl")


def array(folder: Path, *texts: str) -> Table:
    return read_bytes(folder, "[" + ",\n ".join(texts) + "]\n", "raw.json")


@pytest.mark.parametrize("read_items", [lines, array])
def test_keys_are_columns_in_order_of_first_appearance(tmp_path: Path, read_items) -> None:  # type: ignore[no-untyped-def]
    table = read_items(tmp_path, '{"b": 1, "a": "x"}', '{"a": "y", "late": true}', "{}")
    assert table.names == ("b", "a", "late")
    assert table.rows == [("1", "x", None), (None, "y", "true"), (None, None, None)]
    assert table.findings == []


def test_numbers_keep_their_literal(tmp_path: Path) -> None:
    row = '{"a": 1.0, "b": 1e400, "c": -0, "d": 12345678901234567890, "e": 0.10, "f": "007"}'
    assert lines(tmp_path, row).rows == [
        ("1.0", "1e400", "-0", "12345678901234567890", "0.10", "007")
    ]


def test_null_is_missing_and_empty_text_stays(tmp_path: Path) -> None:
    assert lines(tmp_path, '{"a": null, "b": "", "c": false}').rows == [(None, "", "false")]


def test_a_list_of_plain_values_is_a_json_list_of_texts(tmp_path: Path) -> None:
    table = lines(tmp_path, '{"a": ["ü", 1.50, true], "b": []}', '{"a": ["x", null]}')
    assert table.rows == [('["ü", "1.50", "true"]', "[]"), ('["x"]', None)]
    assert table.codes == ["warning null-in-list"]
    assert table.finding("null-in-list").rows == (2,)


def test_what_is_nested_is_kept_as_json_text_with_a_warning(tmp_path: Path) -> None:
    row = '{"a": {"x": 1.50, "y": [null, "ü", false]}, "b": [{"z": 2}], "c": "plain"}'
    table = lines(tmp_path, row)
    assert table.rows == [('{"x": 1.50, "y": [null, "ü", false]}', '[{"z": 2}]', "plain")]
    assert [(finding.level, finding.code, finding.column) for finding in table.findings] == [
        ("warning", "nested", "a"),
        ("warning", "nested", "b"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"a": 1', "line 3: Expecting ',' delimiter at character"),
        ('{"a": 1} x', "line 3: Extra data at character 10"),
        ('{"a": NaN}', "line 3: NaN is not a number of JSON"),
        ('{"a": [-Infinity]}', "line 3: -Infinity is not a number of JSON"),
        ('{"a": 1, "a": 2}', "line 3: the key 'a' stands twice"),
        ("[1, 2]", "line 3: expected an object, found [1, 2]"),
        ("7", "line 3: expected an object, found 7"),
        ('{"a": "x\0y"}', "line 3: Invalid control character"),
        ('{"a":' * 100_000, "line 3: the nesting is too deep"),
    ],
)
def test_a_bad_line_is_an_error_and_reading_goes_on(tmp_path: Path, line: str, words: str) -> None:
    table = lines(tmp_path, '{"a": "1"}', "", line, '{"a": "2"}')
    assert table.rows == [("1",), ("2",)]
    finding = table.finding("json")
    assert (finding.level, finding.rows, finding.count) == ("error", (2,), 1)
    assert words in finding.message


@pytest.mark.parametrize("item", ['{"a": NaN}', '{"a": 1, "a": 2}', "[1]", "null"])
def test_a_bad_item_of_an_array_is_an_error_and_reading_goes_on(tmp_path: Path, item: str) -> None:
    table = array(tmp_path, '{"a": "1"}', item, '{"a": "2"}')
    assert table.rows == [("1",), ("2",)]
    assert table.finding("json").rows == (2,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"a": 1}, {"a": 2', "item 2 of the array is not JSON: Expecting ',' delimiter"),
        ('[{"a": 1}', "after item 1 of the array ']' is expected, found the end of the file"),
        ('[{"a": 1} {"a": 2}]', "after item 1 of the array ']' is expected, found '{'"),
        ('[{"a": 1},]', "item 2 of the array is not JSON: Expecting value"),
        ('[{"a": 1}] x', "after the end of the array stands 'x'"),
        ("[" * 100_000, "item 1 is nested too deep"),
        ("[]", "has no object with a key"),
        ("[{}]", "has no object with a key"),
        ("", "is empty"),
        (" \n ", "is blank"),
        ('"text"', "has no object with a key"),
        ('[{"a\\ud800": 1}]', "which is not text; rename it"),
        ('[{"a\\u0000": 1}]', "which is not text; rename it"),
    ],
)
def test_what_is_not_a_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_bytes(tmp_path, text, "raw.json")
    assert words in str(caught.value)


def test_an_array_is_read_through_a_small_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "CHUNK_CHARACTERS", 3)
    monkeypatch.setattr(json_table, "BATCH_ROWS", 2)
    rows = [{"id": str(number), "text": "ü" * number} for number in range(30)]
    table = read_bytes(tmp_path, json.dumps(rows, indent=2), "raw.json")
    assert table.rows == [(row["id"], row["text"]) for row in rows]


@pytest.mark.parametrize("name", ["raw.json", "raw.jsonl"])
def test_an_item_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(json_items, "MAX_CELL_BYTES", 100)
    monkeypatch.setattr(json_items, "CHUNK_CHARACTERS", 10)
    with pytest.raises(DatasetError, match=r"item 1 of the array is not JSON|line 1 of"):
        read_bytes(tmp_path, ("[" if name == "raw.json" else "") + '{"a": "' + "x" * 999, name)


def test_half_a_character_is_an_error(tmp_path: Path) -> None:
    table = lines(tmp_path, '{"a": "x"}', '{"a": "\\ud83d"}', '{"a": "\\ud83d\\ude00"}')
    assert table.rows == [("x",), ("?",), ("😀",)]
    assert table.finding("half-character").rows == (2,)


def test_a_fault_in_every_row_is_one_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_table, "BATCH_ROWS", 2)
    table = lines(tmp_path, *['{"a": "\\ud83d", "b": "x\\u0000"}'] * 99)
    for code in ("half-character", "nul-byte"):
        found = table.finding(code)
        assert (found.count, found.rows) == (99, tuple(range(1, 21)))


def test_a_nul_character_is_an_error_with_its_row_in_the_file(tmp_path: Path) -> None:
    table = lines(tmp_path, '{"a": "x"}', "bad", '{"a": "y\\u0000"}')
    assert table.finding("nul-byte").rows == (3,)


def test_a_cell_nested_too_deep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nested more than 100 levels"):
        lines(tmp_path, '{"a": ' + "[" * 150 + "]" * 150 + "}")


def test_too_many_keys_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "MAX_COLUMNS", 2)
    with pytest.raises(DatasetError, match="more than 2 different keys"):
        lines(tmp_path, '{"a": 1, "b": 2}', '{"c": 1}')


def test_a_key_without_a_name_is_an_error(tmp_path: Path) -> None:
    table = lines(tmp_path, '{"": 1, "b": 2}')
    assert table.names == ("column_1", "b")
    assert table.rows == [("1", "2")]
    assert table.codes == ["error empty-column-name"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_of_unicode_are_read(tmp_path: Path, encoding: str) -> None:
    table = read_bytes(tmp_path, '[{"a": "ü"}]'.encode(encoding), "raw.json")
    assert table.rows == [("ü",)]
    assert table.codes == ["info encoding"]


def test_windows_encoding_is_a_warning_and_a_mixture_an_error(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, b'{"a": "\xfc"}', "raw.jsonl")
    assert (table.rows, table.codes) == ([("ü",)], ["warning encoding"])
    mixed = read_bytes(tmp_path, b'{"a": "\xfc", "b": "\xc3\xbc"}', "raw.jsonl")
    assert mixed.codes == ["error mixed-encodings"]


def test_compressed_json_lines_are_read(tmp_path: Path) -> None:
    table = read_bytes(tmp_path, gzip.compress(b'{"a": 1}\r\n{"a": 2}\r\n'), "raw.jsonl.gz")
    assert table.rows == [("1",), ("2",)]
