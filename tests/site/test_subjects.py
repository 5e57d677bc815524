"""Names in subjects: still readable, and no mail client makes a link of them."""

import pytest

from podium.subjects import without_links


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("sign in at evil.example now", "sign in at evil example now"),
        ("http://evil.example/a?b=c", "http evil example a?b=c"),
        ("HTTPS:\\\\evil.example", "HTTPS evil example"),
        ("ask mallory@evil.example", "ask mallory evil example"),
        ("evil．example／a", "evil example a"),
        ("mallory＠evil．example", "mallory evil example"),
        ("evil。example｡org", "evil example org"),
        ("evil.\u200bexample and evil\u200b.example", "evil example and evil example"),
        ("evil.\u202eexample", "evil example"),
        ("see 10.0.0.1:8000", "see 10 0 0 1 8000"),
        ("mailto:mallory", "mailto mallory"),
        ("a..b …", "a. b …"),
        ("two\nlines\tand   spaces", "two lines and spaces"),
    ],
)
def test_what_a_mail_client_would_link_is_taken_apart(name: str, shown: str) -> None:
    assert without_links(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "Team Rocket",
        "Dr. Who & Sons",
        "St. Louis, Inc.",
        "Version 2.0: better",
        "closes on 3 March 2027, 13:05 UTC (UTC+05:30)",
        "An answer (at last...)",
        "Ünal's “Best.” team!",
        "名前のない",
        "Rock & Roll -> 100 %",
    ],
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert without_links(name) == name
