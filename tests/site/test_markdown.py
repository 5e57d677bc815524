"""Markdown becomes HTML that is safe, and a long text does so once."""

from collections.abc import Callable

import pytest

from podium import markdown

LONG = "| a | *b* |\n|---|---|\n" + "| [x](https://a.example) | `y` |\n" * 900


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_kept", markdown._Kept(markdown.MOST_KEPT))


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were rendered and not kept."""
    texts: list[str] = []
    real: Callable[[str], str] = markdown._rendered

    def noting(text: str) -> str:
        texts.append(text)
        return real(text)

    monkeypatch.setattr(markdown, "_rendered", noting)
    return texts


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


def test_a_text_is_rendered_once_however_often_it_is_shown(rendered: list[str]) -> None:
    assert len({markdown.to_html(LONG) for _ in range(5)}) == 1
    assert rendered == [LONG]
    markdown.to_html(f"{LONG} ")
    assert rendered == [LONG, f"{LONG} "]


def test_what_was_shown_longest_ago_goes_when_there_is_no_room(
    rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "_kept", markdown._Kept(40))
    for text in ("one", "two", "three", "one", "four", "two", "one"):  # each about ten signs long
        markdown.to_html(text)
    assert rendered == ["one", "two", "three", "four", "two"]
    assert markdown._kept._held <= 40


def test_a_text_without_room_at_all_is_shown_and_not_kept(
    rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "_kept", markdown._Kept(5))
    assert [markdown.to_html("word"), markdown.to_html("word")] == ["<p>word</p>\n"] * 2
    assert rendered == ["word", "word"]
    assert markdown._kept._held == 0
