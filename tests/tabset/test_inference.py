"""Column types are what a person would choose, and every cell reads as its type."""

import pyarrow as pa
import pytest

from tabset import cells, inference
from tabset.inference import TableObserver, distinct
from tabset.inference.probes import Numbers
from tabset.schema import ColumnType
from tests.tabset.inferred import Cells, infer


def kind(values: Cells, name: str = "x") -> ColumnType:
    return infer(values, name).type


# Numbers


@pytest.mark.parametrize(
    "values",
    [
        ["1", "2", "3"],
        ["1.0", "2.5", "-3", ".5", "4."],
        ["1e5", "2E-3", "0"],
        [" 1", "2 ", "3"],
        ["0", "0.5", "-0.5", "0e1"],
        ["9007199254740991", "-5"],
        ["1e300", "12345678901234567890.5"],
        ["1962", "1963"],
        ["1962.0", None, ""],
    ],
)
def test_numbers_are_numeric(values: list[str | None]) -> None:
    column = infer(values)
    assert column.type is ColumnType.NUMERIC
    assert column.missing_values == ()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["007", "1", "2"], "would lose the leading zeros of '007'"),
        (["12345", "01234", "90210"], "would lose the leading zeros of '01234'"),
        (["-01", "5", "6"], "would lose the leading zeros of '-01'"),
        (["+1", "+2", "+3"], "plus sign such as '+1'"),
        (["9007199254740993", "5", "6"], "would lose the last digits of '9007199254740993'"),
    ],
)
def test_digits_that_a_number_would_change_stay_text(values: list[str], reason: str) -> None:
    column = infer(values)
    assert column.type in (ColumnType.ID, ColumnType.TEXT, ColumnType.CATEGORICAL)
    assert reason in column.evidence


@pytest.mark.parametrize("text", ["0x1F", "inf", "-Infinity", "1_000", "1,5", "١٢", "1e999", "12%"])
def test_other_spellings_of_numbers_stay_text(text: str) -> None:
    assert kind(["1", "2", text]) is not ColumnType.NUMERIC


@pytest.mark.parametrize(
    "marker",
    [
        "NA",
        "N/A",
        "n/a",
        "null",
        "None",
        "-",
        "?",
        "nan",
        "NaN",
        "Unknown",
        " NA ",
        "  ",
        "#DIV/0!",
    ],
)
def test_missing_markers_among_numbers_are_missing(marker: str) -> None:
    column = infer(["1", "2.5", marker, "3"] * 5 + [None])
    assert column.type is ColumnType.NUMERIC
    assert column.missing_values == tuple(filter(None, [marker.strip()]))
    assert column.missing == round(6 / 21, 6)
    assert column.distinct == 3
    assert f"15 of 20 filled cells are numbers; the other 5 are {marker!r}." in column.evidence
    assert marker not in column.samples


def test_a_single_missing_marker_reads_well() -> None:
    column = infer(["1", "2", "NA"])
    assert column.evidence == (
        "2 of 3 filled cells are numbers; the other one is 'NA'. That is read as missing."
    )


def test_a_word_among_numbers_keeps_them_text_and_is_named() -> None:
    column = infer([str(number) for number in range(99)] + ["none of these"])
    assert column.type is ColumnType.TEXT
    assert "99 filled cells are numbers, but not 'none of these'" in column.evidence


@pytest.mark.parametrize("sentinel", ["-1", "-999", "-9999.0"])
def test_a_sentinel_is_mentioned_and_stays(sentinel: str) -> None:
    column = infer(["5", "0", sentinel, "7"])
    assert column.type is ColumnType.NUMERIC
    assert column.missing_values == ()
    assert f"1 is {sentinel!r} although the others are not negative" in column.evidence


def test_negative_numbers_need_no_mention() -> None:
    assert "negative" not in infer(["-1", "-2", "3"]).evidence
    assert "negative" not in infer(["-1", "-1"]).evidence


def test_zero_and_one_stay_numbers() -> None:
    column = infer(["0", "1", "1"])
    assert column.type is ColumnType.NUMERIC
    assert "all 0 or 1" in column.evidence


def test_years_are_numbers() -> None:
    years = [str(year) for year in range(1900, 2000)]
    assert "look like years (1900 to 1999)" in infer(years).evidence
    assert kind(years) is ColumnType.NUMERIC


def test_eight_digits_may_be_dates() -> None:
    column = infer(["20200131", "20191224"])
    assert column.type is ColumnType.NUMERIC
    assert "format %Y%m%d" in column.evidence


@pytest.mark.parametrize("name", ["zip", "Postal_Code", "home_phone", "isbn13", "sic_code"])
def test_digits_under_the_name_of_a_code_are_no_quantity(name: str) -> None:
    column = infer(["90210", "10001", "60601"] * 9, name)
    assert column.type is ColumnType.CATEGORICAL
    assert "name says" in column.evidence


def test_whole_numbers_that_name_rows_are_ids() -> None:
    assert kind([str(number) for number in range(50, 90)]) is ColumnType.ID
    assert kind([str(number * 7) for number in range(40)], "page_id") is ColumnType.ID
    assert kind([str(number * 7) for number in range(40)] * 2, "movieId") is ColumnType.ID


@pytest.mark.parametrize("name", ["paid", "humid", "price"])
def test_numbers_under_other_names_are_quantities(name: str) -> None:
    assert kind([str(number * 7) for number in range(40)], name) is ColumnType.NUMERIC


# Booleans


@pytest.mark.parametrize("words", list(zip(cells.TRUE_WORDS, cells.FALSE_WORDS, strict=True)))
def test_pairs_of_words_are_boolean_in_any_case(words: tuple[str, str]) -> None:
    yes, no = words
    column = infer([yes, no.upper(), yes.title(), None])
    assert column.type is ColumnType.BOOLEAN
    assert column.missing_values == ()


def test_a_boolean_column_may_have_missing_markers() -> None:
    column = infer(["True", "False", "n/a", "n/a"])
    assert column.type is ColumnType.BOOLEAN
    assert column.missing_values == ("n/a",)
    assert column.missing == 0.5


@pytest.mark.parametrize(
    "values", [["true"], ["yes"], ["true", "no"], ["true", "false", "maybe"], ["1", "0"]]
)
def test_what_is_not_a_pair_is_not_boolean(values: list[str]) -> None:
    assert kind(values * 10) is not ColumnType.BOOLEAN


# Dates


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2020-01-31", "2020-02-29"], ""),
        (["2020-01-31T12:00", "2020-01-31 12:00:00.123456", "2020-01-31"], ""),
        (["2020-01-31T12:00:00Z", "2020-01-31T12:00:00+02:00"], ""),
        (["2020/01/31"], "%Y/%m/%d"),
        (["31.01.2020", "1.2.2020"], "%d.%m.%Y"),
        (["01.02.2020", "03.04.2020"], "%d.%m.%Y"),
        (["31/01/2020", "01/02/2020"], "%d/%m/%Y"),
        (["01/02/2020", "01/31/2020"], "%m/%d/%Y"),
        (["31-01-2020 23:59", "01-02-2020 00:00"], "%d-%m-%Y %H:%M"),
        (["Jan 31, 2020", "Feb 1, 2020"], "%b %d, %Y"),
        (["January 31, 2020"], "%B %d, %Y"),
        (["31 January 2020", "1 May 2020"], "%d %B %Y"),
        (["31-Jan-2020"], "%d-%b-%Y"),
    ],
)
def test_settled_dates_are_datetime_with_their_format(values: list[str], form: str) -> None:
    column = infer(values * 3)
    assert (column.type, column.format) == (ColumnType.DATETIME, form)
    assert cells.parse(column, pa.array(values)).null_count == 0


def test_a_settled_date_says_why() -> None:
    assert "above 12" in infer(["31/01/2020", "01/02/2020"]).evidence


def test_ambiguous_days_and_months_stay_text_and_name_both_formats() -> None:
    column = infer(["01/02/2020", "03/04/2020"] * 20)
    assert column.type is ColumnType.TEXT
    assert "format %d/%m/%Y or %m/%d/%Y" in column.evidence


@pytest.mark.parametrize(
    ("text", "form"),
    [("Aug-62", "%b-%y"), ("Aug 62", "%b %y"), ("1/2/20", "%d/%m/%y"), ("31.1.20", "%d.%m.%y")],
)
def test_two_digit_years_stay_text_and_name_the_format(text: str, form: str) -> None:
    column = infer([text] * 50)
    assert column.type is ColumnType.TEXT
    assert text in column.evidence
    assert f"format {form}" in column.evidence


@pytest.mark.parametrize(
    "text", ["2020-02-31", "2021-02-29", "2020-13-01", "0000-01-01", "2020-01-31T25:00"]
)
def test_what_is_not_in_the_calendar_is_no_date(text: str) -> None:
    assert kind(["2020-01-31", text]) is not ColumnType.DATETIME


@pytest.mark.parametrize("text", ["2020/02/31", "2021/02/29"])
def test_what_is_not_in_the_calendar_is_no_date_in_another_format(text: str) -> None:
    assert kind(["2020/01/31", *[text] * 30]) is not ColumnType.DATETIME


def test_an_impossible_day_may_come_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "KEPT", 1)
    monkeypatch.setattr(inference, "BLOCK_ROWS", 1)
    column = infer(["2020-01-01", "2020-01-02"] * 500 + ["2020-02-31"] * 30, cuts=515)
    assert column.type is not ColumnType.DATETIME
    assert "1,000 filled cells are dates, but not '2020-02-31'" in column.evidence


def test_markers_before_the_first_date_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "BLOCK_ROWS", 1)
    column = infer(["NA", "unknown", None, "2020-01-31"], cuts=1)
    assert column.type is ColumnType.DATETIME
    assert column.missing_values == ("NA", "unknown")
    assert column.missing == 0.75


# Lists


def test_json_lists_of_texts_are_lists() -> None:
    column = infer(['["a", "b"]', "[]", ' ["\\ud83d\\ude00 \\" é"] ', None])
    assert (column.type, column.format) == (ColumnType.LIST, "")


@pytest.mark.parametrize("text", ["[1, 2]", '["a", null]', '["a",]', '["\\ud800"]', '["a" "b"]'])
def test_other_json_is_no_list(text: str) -> None:
    assert kind(['["a"]', text]) is not ColumnType.LIST


@pytest.mark.parametrize("separator", ["; ", ";", " | ", "|"])
def test_recurring_parts_make_a_list(separator: str) -> None:
    parts = ["calves", "biceps", "neck", "chest"]
    column = infer([separator.join(parts[:count]) for count in (1, 2, 3, 4)] * 5)
    assert (column.type, column.format) == (ColumnType.LIST, separator)
    assert "15 of 20 filled cells" in column.evidence


@pytest.mark.parametrize(
    "values",
    [
        [f"Word {place}; another {place * 7}" for place in range(50)],  # nothing recurs
        ["R&amp;B", "Soul&amp;B", "R&amp;Jazz", "Funk&amp;B"] * 5,  # HTML
        ["plain"] * 99 + ["a; b"],
        [f"w{place}; w{place}" for place in range(50)],  # only within their cell
    ],
)
def test_separators_in_other_texts_make_no_list(values: list[str]) -> None:
    assert kind(values) is not ColumnType.LIST


# Images


@pytest.mark.parametrize("suffix", ["png", "JPG", "jpeg", "webp", "gif", "bmp", "tif"])
def test_names_of_image_files_are_images(suffix: str) -> None:
    assert kind([f"flags/{place}.{suffix}" for place in range(9)]) is ColumnType.IMAGE


def test_a_few_names_without_an_image_are_said() -> None:
    column = infer([f"{place}.png" for place in range(98)] + ["NA", "lost"])
    assert column.type is ColumnType.IMAGE
    assert column.missing_values == ("NA",)
    assert "98 of 100" in column.evidence
    assert "Not so 'lost'." in column.evidence


@pytest.mark.parametrize("values", [["http://example.org/a.png"], ["a.png", "b", "c"], [".png"]])
def test_links_and_other_texts_are_no_images(values: list[str]) -> None:
    assert kind(values) is not ColumnType.IMAGE


# Text, categories, codes


def test_few_recurring_texts_are_categories_with_the_most_frequent_first() -> None:
    column = infer(["b"] * 3 + ["a"] * 5 + ["c"])
    assert column.type is ColumnType.CATEGORICAL
    assert column.samples == ("a", "b", "c")
    assert column.evidence == "3 different texts in 9 filled cells."


def test_namibia_stays_a_value() -> None:
    for values in (["AW", "NA", "DE"], ["AW", "NA", "DE"] * 5):
        column = infer(values)
        assert column.type in (ColumnType.ID, ColumnType.CATEGORICAL)
        assert column.missing_values == ()
        assert "'NA' stays a value" in column.evidence


@pytest.mark.parametrize(
    "values", [["AW", "AF", "DE"], ["a-17", "b-18"], [f"{number:08x}-0" for number in range(9)]]
)
def test_different_codes_are_ids(values: list[str]) -> None:
    assert kind(values) is ColumnType.ID


def test_different_words_are_ids_if_they_are_called_so() -> None:
    words = ["Sit-Up", "Air_Bike", "Ab_Roller"]
    assert kind(words, "exercise_id") is ColumnType.ID
    assert kind(words) is ColumnType.TEXT


@pytest.mark.parametrize(
    "values",
    [
        ["Oranjestad", "Kabul", "Luanda"],
        ["Spider-Man (Peter Parker)", "Captain America"],
        [f"310/246-15{number}" for number in range(10, 90)],
        [f"{'word ' * 30}{number % 3}" for number in range(90)],  # few, but long
    ],
)
def test_prose_and_names_are_text(values: list[str]) -> None:
    assert kind(values) is ColumnType.TEXT


def test_phone_numbers_are_said() -> None:
    assert "phone" in infer([f"310/246-15{number}" for number in range(10, 90)]).evidence


def test_a_constant_says_so() -> None:
    column = infer(["same", None, "same"])
    assert column.type is ColumnType.CATEGORICAL
    assert column.evidence == "All 2 filled cells are 'same': the column is constant."
    assert "constant" in infer(["5", "5"]).evidence
    assert infer(["x" * 101] * 30).type is ColumnType.TEXT


@pytest.mark.parametrize("values", [[], [None], [None, ""], [""] * 3])
def test_an_empty_column_is_text_and_says_so(values: list[str | None]) -> None:
    column = infer(values)
    assert column.type is ColumnType.TEXT
    assert column.missing == (1.0 if values else 0.0)
    assert column.distinct == 0
    assert column.samples == ()
    assert "no rows" in column.evidence or "None of the" in column.evidence


@pytest.mark.parametrize(
    "values", [["1.0", "2.0"], ["NA", "None"], ["true", "false"], ["2020-01-31"], ["007", "NA"]]
)
@pytest.mark.parametrize("times", [1, 10])
def test_a_column_with_a_role_is_never_turned_into_anything(values: list[str], times: int) -> None:
    column = infer(values * times, kept=True)
    assert column.type in (ColumnType.ID, ColumnType.CATEGORICAL)
    assert (column.missing_values, column.format, column.missing) == ((), "", 0.0)
    assert cells.parse(column, pa.array(values)).to_pylist() == values
    assert "role" in column.evidence


def test_samples_and_evidence_have_no_nul() -> None:
    column = infer(["a\0b", "a\0b"])
    assert column.samples == ("a␀b",)
    assert "\0" not in column.evidence


def test_samples_are_spread_and_cut() -> None:
    assert infer([str(number * 3) for number in range(101)]).samples == (
        "0",
        "75",
        "150",
        "225",
        "300",
    )
    (sample,) = infer(["é" * 200]).samples
    assert sample == "é" * 79 + "…"


def test_counting_ends_where_memory_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "KEPT", 10)
    codes = [f"c{number}" for number in range(30)]
    column = infer([*codes, "c0"])
    assert (column.type, column.distinct) == (ColumnType.ID, 11)
    assert column.evidence.startswith("The first 10 filled cells are all different")
    assert infer(["c0", *codes]).evidence.startswith("More than 10 different texts in 31")


def test_long_texts_are_counted_up_to_their_bytes() -> None:
    column = infer([f"{number}{'x' * 2**20}" for number in range(20)])
    assert column.type is ColumnType.TEXT
    assert column.distinct == 16
    assert column.evidence.startswith("More than 15 different texts in 20 filled cells")


def test_cells_before_a_slice_do_not_count() -> None:
    assert Numbers().fits(pa.array(["007", "+1", "5", "06"]).slice(1)).tolist() == [
        False,
        True,
        False,
    ]


def test_ten_thousand_columns_are_no_trouble() -> None:
    names = [f"c{place}" for place in range(10_000)]
    observer = TableObserver(names)
    for row in range(5):
        observer.see(pa.record_batch([pa.array([str(row)])] * len(names), names=names))
    columns = observer.columns()
    assert {column.type for column in columns} == {ColumnType.NUMERIC}
    assert columns[9_999].name == "c9999"
