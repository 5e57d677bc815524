"""Files that come whole or not at all: resumed, checked, put in place in one step."""

from pathlib import Path

import pytest

from podium_client import Client, SiteError
from podium_client.downloads import Fetched, fetch
from podium_client.files import inside, safe_name
from podium_client.shapes import File
from tests.client.state import TASK, Site, sha

BODY = bytes(range(256)) * 8000
FILES = f"{TASK}/files/.*"


@pytest.fixture
def big(signed_in: Site) -> File:
    signed_in.files = {"big.bin": BODY}
    return described(BODY)


def described(body: bytes, name: str = "big.bin") -> File:
    return File(name=name, bytes=len(body), sha256=sha(body), url=f"{TASK}/files/{name}")


def get(client: Client, file: File) -> Fetched:
    return fetch(client.site, file, Path("here"))


def offsets(site: Site) -> list[str]:
    return [seen.headers.get("Range", "all") for seen in site.asked("GET", FILES)]


def test_a_broken_download_goes_on_where_it_stopped(
    client: Client, signed_in: Site, big: File
) -> None:
    signed_in.fail("GET", FILES, cut=1_000_000)
    signed_in.fail("GET", FILES, cut=500_000)
    told: list[int] = []
    got = fetch(client.site, big, Path("here"), progress=lambda done, total: told.append(done))
    assert got.path.read_bytes() == BODY
    assert offsets(signed_in) == ["all", "bytes=1000000-", "bytes=1500000-"]
    assert signed_in.seen[1].headers["If-Range"] == f'"{sha(BODY)}"'
    assert told == sorted(told)
    assert told[-1] == len(BODY)
    assert [file.name for file in Path("here").iterdir()] == ["big.bin"]


def test_a_download_that_goes_on_slowly_is_not_given_up(
    client: Client, signed_in: Site, big: File
) -> None:
    signed_in.fail("GET", FILES, cut=200_000, times=9)
    assert get(client, big).path.read_bytes() == BODY


def test_a_connection_that_gives_nothing_is_given_up(
    client: Client, signed_in: Site, big: File
) -> None:
    signed_in.fail("GET", FILES, cut=1000)
    signed_in.fail("GET", FILES, cut=0, times=9)
    with pytest.raises(SiteError, match="broke off"):
        get(client, big)
    assert Path("here/big.bin.part").stat().st_size == 1000
    signed_in.faults.clear()
    again = get(client, big)
    assert (again.state, again.path.read_bytes()) == ("resumed", BODY)
    assert offsets(signed_in)[-1] == "bytes=1000-"


def test_a_part_of_another_file_is_begun_anew(client: Client, signed_in: Site, big: File) -> None:
    Path("here").mkdir()
    Path("here/big.bin.part").write_bytes(b"x" * 1000)
    got = get(client, big)
    assert (got.state, got.path.read_bytes()) == ("downloaded", BODY)
    assert offsets(signed_in) == ["bytes=1000-", "all"]


@pytest.mark.parametrize("size", [len(BODY), len(BODY) + 5])
def test_a_part_as_long_as_the_file_is_checked_too(client: Client, big: File, size: int) -> None:
    Path("here").mkdir()
    Path("here/big.bin.part").write_bytes(b"x" * size)
    assert get(client, big).path.read_bytes() == BODY


def test_a_site_without_ranges_sends_all_again(client: Client, signed_in: Site, big: File) -> None:
    Path("here").mkdir()
    Path("here/big.bin.part").write_bytes(BODY[:1000])
    signed_in.fail("GET", FILES, status=200, body=BODY)
    assert get(client, big).path.read_bytes() == BODY


def test_a_range_that_was_not_asked_for_is_not_appended(
    client: Client, signed_in: Site, big: File
) -> None:
    Path("here").mkdir()
    Path("here/big.bin.part").write_bytes(BODY[:1000])
    odd = {"Content-Range": f"bytes 5-{len(BODY) - 1}/{len(BODY)}"}
    signed_in.fail("GET", FILES, status=206, body=BODY[5:], headers=odd)
    assert get(client, big).path.read_bytes() == BODY


@pytest.mark.parametrize("sent", [BODY[:-1] + b"?", BODY[:-1], BODY + b"?"])
def test_a_wrong_checksum_leaves_nothing(
    client: Client, signed_in: Site, big: File, sent: bytes
) -> None:
    signed_in.files = {"big.bin": sent}
    with pytest.raises(SiteError, match="another checksum"):
        get(client, big)
    assert list(Path("here").iterdir()) == []
    assert len(offsets(signed_in)) == 2


def test_a_bad_gateway_in_between_is_waited_for(client: Client, signed_in: Site, big: File) -> None:
    signed_in.fail("GET", FILES, status=503, body=b"soon", times=2)
    assert get(client, big).path.read_bytes() == BODY


def test_what_changed_here_is_fetched_again(client: Client, big: File) -> None:
    first = get(client, big)
    assert get(client, big).state == "kept"
    first.path.write_bytes(BODY[:-1] + b"?")
    assert get(client, big).state == "downloaded"


def test_an_empty_file_comes_too(client: Client, signed_in: Site) -> None:
    signed_in.files = {"none": b""}
    assert get(client, described(b"", "none")).path.read_bytes() == b""


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc/x", "a/../../x", "a\\x", "c:x", "a\nb"])
def test_a_name_leads_to_nowhere_else(name: str) -> None:
    with pytest.raises(SiteError):
        inside(Path("here"), name)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        *(("mine.csv", "mine.csv"), ("ü 1.csv.gz", "ü 1.csv.gz"), (".hidden.csv", ".hidden.csv")),
        *(("a:b.csv", "a_b.csv"), ("../../x.csv", "x.csv"), ("C:\\mine\\x.csv", "x.csv")),
        *(("a\nb\x00.csv", "a_b_.csv"), ("NUL.csv", "_NUL.csv"), ("x.csv. ", "x.csv")),
        *(("", "mine-1"), ("..", "mine-1"), ("???", "mine-1"), ("a/", "mine-1")),
    ],
)
def test_a_name_of_elsewhere_becomes_one_that_is_possible_here(name: str, safe: str) -> None:
    assert safe_name(name, "mine-1") == safe
    assert inside(Path("here"), safe) == Path("here") / safe


@pytest.mark.parametrize("sign", ["x", "ü", "\U0001f600"])
def test_a_long_name_keeps_its_ending(sign: str) -> None:
    short = safe_name(f"{sign * 300}.csv.gz", "mine-1")
    assert short.endswith(".csv.gz")
    assert 230 <= len(short.encode()) <= 240


def test_a_name_may_have_a_folder() -> None:
    assert inside(Path("here"), "images/1.png") == Path("here/images/1.png")
