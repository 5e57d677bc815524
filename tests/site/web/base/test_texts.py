"""Texts: markdown, messages, sizes, what a metric means, what a file looks like."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Announcement, Challenge, Task
from podium.markdown import to_html
from podium.web.base.templatetags.podium import ago, percent, size, ticks
from podium.web.dataset.views import table_rows
from podium.web.task.views import example_of
from scoring import METRICS
from tests.site import factories

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://elsewhere.example/x.png)",
    "<a href='https://x' onclick='x()'>y</a>",
    "<style>body{display:none}</style>",
    "<iframe src='//x'></iframe>",
    '[x](data:text/html,<script>alert(1)</script> "t")',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_carries_no_script_image_or_style(text: str) -> None:
    html = to_html(text)
    for bad in (
        "<script",
        "<img",
        "<style",
        "<iframe",
        "<a href='",
        'href="javascript',
        'href="data',
    ):
        assert bad not in html


def test_raw_html_in_markdown_is_shown_as_it_was_typed() -> None:
    assert to_html("a <b>word</b>") == "<p>a &lt;b&gt;word&lt;/b&gt;</p>\n"


def test_markdown_of_organizers_keeps_tables_lists_and_links() -> None:
    html = to_html("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. one\n\n[x](https://x.example)")
    for tag in ("<h2>Title</h2>", "<td>1</td>", "<ol>", 'rel="noopener noreferrer nofollow"'):
        assert tag in html


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_challenge_are_sanitised_on_its_pages(
    client: Client, text: str, db: None
) -> None:
    challenge = factories.make_challenge(description=text, rules=text, prizes=text, summary=text)
    task = factories.make_task(challenge, "matching", description=text)
    Announcement.objects.create(challenge=challenge, title=text, body=text)
    for address in (challenge.get_absolute_url(), task.get_absolute_url(), "/"):
        html = client.get(address).content.decode()
        for bad in ("alert(1)</script>", "<img src=x", "<iframe", "<style", 'href="javascript'):
            assert bad not in html


def test_ticks_become_code_and_everything_else_is_escaped() -> None:
    assert ticks("id `<b>` of `x`, <i>") == (
        "id <code>&lt;b&gt;</code> of <code>x</code>, &lt;i&gt;"
    )
    assert ticks("one ` alone") == "one ` alone"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (33_800, "33.8 kB"), (200_000_000, "200 MB"),
     (2_500_000_000, "2.5 GB")],
)  # fmt: skip
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.0004, "< 0.1 %"), (0.022, "2.2 %"), (0.23, "23 %"), (0.989, "99 %"),
     (0.9951, "99.5 %"), (0.9996, "> 99.9 %"), (1.0, "100 %")],
)  # fmt: skip
def test_a_share_never_reads_nothing_or_all_when_it_is_not(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("past", "text"),
    [(timedelta(seconds=5), "just now"), (timedelta(hours=3, minutes=20), "3\xa0hours ago")],
)
def test_times_are_told_in_their_largest_unit(past: timedelta, text: str) -> None:
    assert ago(timezone.now() - past) == text


@pytest.mark.parametrize("headline", ["accuracy", "macro_f1"])
def test_a_task_explains_its_metric_for_participants(
    client: Client, challenge: Challenge, headline: str
) -> None:
    task = factories.make_task(challenge, "classification", headline=headline)
    html = client.get(task.get_absolute_url()).content.decode()
    words = METRICS[headline].forms["classification"].words
    assert escape(words.summary) in html
    assert escape(words.formula) in html
    assert "rounded to steps of 0.01" in html


def test_a_matching_file_has_scores_and_may_have_decisions(matching_task: Task) -> None:
    scores, decisions = (form["text"] for form in example_of(matching_task.dataset_version))
    assert scores == "id,score\np1,0.93\np2,0.08"
    assert decisions == "id,score,prediction\np1,0.93,1\np2,0.08,0"


@pytest.mark.parametrize(
    ("classes", "header", "labels"),
    [
        (["no", "yes"], "id,no,yes", "p1,no\np2,yes"),
        (["cat", "dog", "owl"], "id,cat,dog,owl", "p1,cat\np2,owl"),
        (["a", "b", "c", "d", "e"], "id,a,b,c,…", "p1,a\np2,e"),
        (['Kettle, "small"', "x"], 'id,"Kettle, ""small""",x', 'p1,"Kettle, ""small"""\np2,x'),
    ],
)
def test_a_classification_file_has_probabilities_or_labels(
    classes: list[str], header: str, labels: str
) -> None:
    version = DatasetVersion(kind="classification", facts={"classes": classes})
    probabilities, alone = (form["text"] for form in example_of(version))
    assert probabilities.splitlines()[0] == header
    assert alone == f"id,prediction\n{labels}"
    if "…" not in header:
        for line in probabilities.splitlines()[1:]:
            assert sum(map(float, line.split(",")[1:])) == pytest.approx(1)


def test_tables_stand_once_with_their_formats_and_the_important_ones_first() -> None:
    names = ["README.md", "images.zip", "records.csv", "sample_submission.csv", "test.csv"]
    names += ["test.parquet", "train.csv", "train.parquet"]
    rows = {"train": 20, "test": 10, "records": 30}
    facts = {"rows": rows, "files": {name: {"sha256": "ab", "bytes": 1} for name in names}}
    tables = table_rows(DatasetVersion(name="x", number=1, facts=facts))
    assert [(t["name"], t["rows"], [f["format"] for f in t["formats"]]) for t in tables] == [
        ("train", 20, ["CSV", "Parquet"]),
        ("test", 10, ["CSV", "Parquet"]),
        ("sample_submission", 10, ["CSV"]),
        ("records", 30, ["CSV"]),
        ("images", None, ["zip"]),
    ]


def test_a_task_says_how_long_files_are_kept(
    client_of: Callable[[str], Client], matching_task: Task, settings: Settings
) -> None:
    settings.REJECTED_UPLOAD_DAYS = 12
    html = client_of("alice").get(matching_task.get_absolute_url()).content.decode()
    assert "rejected ones for 12 days." in html
