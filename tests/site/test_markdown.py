"""Markdown becomes HTML that is safe, and a long text does so once."""

import pytest

from podium import markdown

LONG = "| a | *b* |\n|---|---|\n" + "| [x](https://a.example) | `y` |\n" * 900


@pytest.fixture(autouse=True)
def _empty() -> None:
    markdown.to_html.cache_clear()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A *b*", "<h2>A <em>b</em></h2>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("![a](https://a.example/x.png)", "<p></p>\n"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("", ""),
    ],
)
def test_it_is_safe_the_first_time_and_every_other(text: str, html: str) -> None:
    assert [markdown.to_html(text), markdown.to_html(text)] == [html, html]


def test_a_text_is_rendered_once_however_often_it_is_shown() -> None:
    assert len({markdown.to_html(LONG) for _ in range(5)}) == 1
    assert markdown.to_html.cache_info().misses == 1
    markdown.to_html(f"{LONG} ")
    assert markdown.to_html.cache_info().misses == 2


def test_the_cache_has_room_for_so_many_texts() -> None:
    for number in range(markdown.MOST_CACHED + 1):
        markdown.to_html(str(number))
    assert markdown.to_html.cache_info().currsize == markdown.MOST_CACHED
