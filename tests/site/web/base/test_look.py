"""What holds for the style sheet, the script and every template."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.STATICFILES_DIRS[0])
TEMPLATES = STATIC.parent / "web"
CSS = (STATIC / "podium" / "podium.css").read_text()
LIGHT_DARK = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
}
WORDS = ["ink", "ink-2", "accent", "queued", "scoring", "scored", "rejected", "failed"]
GROUNDS = ["paper", "raised", "sunk", "tint"]


def _luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _on_its_own_tint(colour: str, ground: str) -> str:
    """Return the ground of a chip: 12 % of its colour over the ground below."""
    mixed = (
        round(0.12 * int(colour[i : i + 2], 16) + 0.88 * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def test_contrast_is_that_of_wcag() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_words_can_be_read_on_every_ground(word: str, ground: str, mode: int) -> None:
    colour, below = LIGHT_DARK[word][mode], LIGHT_DARK[ground][mode]
    assert _contrast(colour, below) >= 4.5
    assert _contrast(colour, _on_its_own_tint(colour, below)) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_buttons_and_the_edges_of_inputs_stand_out(mode: int) -> None:
    colours = {name: pair[mode] for name, pair in LIGHT_DARK.items()}
    assert _contrast(colours["accent"], colours["accent-ink"]) >= 4.5
    assert _contrast(colours["line-2"], colours["paper"]) >= 3
    assert _contrast(colours["line-2"], colours["raised"]) >= 3


def test_style_sheet_and_script_stay_small() -> None:
    assert len(CSS.encode()) < 25_000
    podium, clock, countdown = (
        len((STATIC / "podium" / f"{name}.js").read_bytes())
        for name in ("podium", "clock", "countdown")
    )
    assert podium + clock < 4_000, "what every page loads"
    assert clock < 2_000
    assert countdown < 1_500


def test_four_sizes_and_two_weights_serve_the_whole_site() -> None:
    assert set(re.findall(r"font-size: ([^;}]+)", CSS)) <= {
        f"var(--{size})" for size in ("small", "text", "large", "huge")
    }
    weights = {weight.strip() for weight in re.findall(r"font-weight: ([^;}!]+)", CSS)}
    assert weights <= {"var(--regular)", "var(--bold)"}


def test_every_font_that_the_style_sheet_names_is_vendored() -> None:
    sheet = STATIC / "vendor" / "fonts.css"
    named = re.findall(r'url\("([^"]+)"\)', sheet.read_text())
    assert named
    for url in named:
        assert (sheet.parent / url).is_file()


def test_every_vendored_folder_has_its_licence_and_its_row() -> None:
    table = (STATIC / "vendor" / "README.md").read_text()
    folders = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        assert (folder / "LICENSE").is_file()
        assert f"`{folder.name}/`" in table


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_templates_have_no_inline_style_or_script(template: Path) -> None:
    html = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|hx-on", html)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html)


_TABLE = re.compile(r"<thead>(?P<head>.*?)</thead>\s*<tbody>(?P<body>.*?)</tr>", re.DOTALL)
_NUMBERS = re.compile(r'\bclass="[^"]*\bnum\b')


def _numbers(row: str, cell: str) -> list[bool]:
    """Return for each cell of a row whether it says that it holds numbers."""
    return [bool(_NUMBERS.search(tag)) for tag in re.findall(rf"<{cell}\b[^>]*>", row)]


@pytest.mark.parametrize(
    "template",
    sorted(path for path in TEMPLATES.rglob("*.html") if _TABLE.search(path.read_text())),
    ids=lambda path: str(path.relative_to(TEMPLATES)),
)
def test_the_head_of_a_column_stands_above_its_numbers(template: Path) -> None:
    for table in _TABLE.finditer(template.read_text()):
        head, body = _numbers(table["head"], "th"), _numbers(table["body"], "(?:th|td)")
        if len(head) == len(body):  # otherwise a part decides how many cells there are
            assert head == body, table["head"]
