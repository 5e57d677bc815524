"""The code on a data set's page runs as it is pasted, against a site that answers."""

import html
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from podium.accounts.models import User
from podium.catalog.models import Access, DatasetVersion, Solution
from podium.challenges.models import Task
from scoring.runner import Checked, Scorer
from tests.live.browser.pages import chromium
from tests.site import factories
from tests.site.web.dataset.test_dataset_pages import animals, offers, published

pytestmark = pytest.mark.filterwarnings("ignore:No directory at:UserWarning")
Published = Callable[[str], DatasetVersion]
BLOCK = re.compile(
    r"<summary>([^<]+)</summary>\s*<pre data-copy tabindex=\"0\"><code>(.*?)</code>", re.DOTALL
)
SECONDS = 240


@pytest.fixture
def versions(transactional_db: None, tmp_path: Path, settings: Any) -> Published:
    """Make a published version by its name, used by an open task."""
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    sources = {"animals": animals, "offers": offers}

    def make(name: str) -> DatasetVersion:
        version = published(sources[name](240), tmp_path / name)
        solution = Solution.objects.get(dataset_version=version)
        fields = {"dataset_version": version, "solution": solution}
        factories.make_task(factories.make_challenge(), version.kind, "first", **fields)
        return version

    return make


def snippets(site: str, version: DatasetVersion) -> dict[str, str]:
    """Return the code on the page by its name, as a visitor copies it."""
    answer = httpx.get(site + version.get_absolute_url())
    assert answer.status_code == 200, answer.text[:500]
    page = answer.text
    return {name: html.unescape(code) for name, code in BLOCK.findall(page)}


def run(code: str, folder: Path) -> str:
    """Run code in a new folder of its own and return what it prints."""
    folder.mkdir()
    own = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        env={**os.environ, **own, "PODIUM_URL": "", "PODIUM_TOKEN": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def is_valid(file: Path, public: Path) -> bool:
    """Return whether a file is a valid submission for the data set in a folder."""
    with closing(Scorer()) as scorer:
        checked = scorer.check(
            file=file, dataset=public / "dataset.json", test=public / "test.parquet"
        )
    return isinstance(checked, Checked)


@pytest.mark.parametrize("name", ["animals", "offers"])
def test_code_that_loads_a_data_set_runs_as_it_is_pasted(
    live_server: LiveServer, versions: Published, tmp_path: Path, name: str
) -> None:
    version = versions(name)
    found = snippets(live_server.url, version)
    assert list(found) == [
        "Python client",
        "pandas, from Parquet",
        "pandas, from CSV",
        "AutoGluon, up to a valid file",
        "Croissant",
    ]
    first = "a000" if name == "animals" else "p0"
    for title in ("Python client", "pandas, from Parquet", "pandas, from CSV"):
        assert first in run(found[title], tmp_path / title), title
    assert is_valid(tmp_path / "Python client/submission.csv", tmp_path / name / "public")
    assert found["Python client"].count('Client("' + live_server.url) == 1


def test_csv_cells_that_look_like_numbers_or_nothing_stay_texts(
    live_server: LiveServer, versions: Published, tmp_path: Path
) -> None:
    code = snippets(live_server.url, versions("animals"))["pandas, from CSV"]
    said = run(code + "\nprint(sorted(set(train.label)), test.weight.dtype)", tmp_path / "run")
    assert "['007', '<b>ü</b>', 'NA'] float64" in said


READ = """
found = {{name: len(list(data.records(name))) for name in {names}}}
print(found, data.metadata.ctx.issues.warnings, data.metadata.url, data.metadata.date_published)
"""


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("animals", "{'train': 120, 'test': 120, 'images.png-files': 240}"),
        ("offers", "{'train': 120, 'test': 120, 'left': 240, 'right': 240}"),
    ],
)
def test_croissant_loads_by_its_address(
    live_server: LiveServer, versions: Published, tmp_path: Path, name: str, rows: str
) -> None:
    version = versions(name)
    code = snippets(live_server.url, version)["Croissant"]
    said = run(code + READ.format(names=re.findall(r"'([^']+)'", rows)), tmp_path / "run")
    first = {"animals": "b'a000'", "offers": "b'p0'"}[name]
    assert f"'train/id': {first}" in said
    day = f"{version.published_at:%Y-%m-%d}"
    page = f"{live_server.url}{version.get_absolute_url()}"
    assert re.search(rf"{re.escape(rows)} (set\(\)|\[\]) {page} {day}", said), said


def test_a_task_has_the_code_of_its_data_set(live_server: LiveServer, versions: Published) -> None:
    version = versions("offers")
    page = httpx.get(live_server.url + Task.objects.get().get_absolute_url()).text
    found = {name: html.unescape(code) for name, code in BLOCK.findall(page)}
    assert found == snippets(live_server.url, version)
    assert "podium/copy" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", ["animals", "offers"])
def test_autogluon_as_it_is_pasted_ends_in_a_valid_file(
    live_server: LiveServer, versions: Published, tmp_path: Path, name: str
) -> None:
    code = snippets(live_server.url, versions(name))["AutoGluon, up to a valid file"]
    assert "time_limit=30" in code
    run(code, tmp_path / "run")
    assert is_valid(tmp_path / "run/submission.csv", tmp_path / name / "public")


def test_a_restricted_data_set_is_read_from_its_unpacked_zip(
    client: Client, versions: Published, alice: User, tmp_path: Path
) -> None:
    version = versions("animals")
    DatasetVersion.objects.update(access=Access.SIGNED_IN)
    client.force_login(alice)
    page = client.get(version.get_absolute_url()).content.decode()
    found = {name: html.unescape(code) for name, code in BLOCK.findall(page)}
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "animals-1").symlink_to(tmp_path / "animals/public")
    for title in ("pandas, from Parquet", "pandas, from CSV"):
        assert "://" not in found[title]
        code = f"import os; os.chdir({str(folder)!r})\n{found[title]}"
        assert "a000" in run(code, tmp_path / title)
    assert 'open(folder + "images.zip", "rb")' in found["AutoGluon, up to a valid file"]
    assert 'Dataset("animals-1/croissant.json")' in found["Croissant"]
    assert "these files need your sign-in" in " ".join(page.split())
    client.logout()
    address = f"{version.get_absolute_url()}croissant.json"
    assert "/accounts/login/" in client.get(address)["Location"]


def test_without_a_task_there_is_no_code_for_the_client(
    live_server: LiveServer, versions: Published
) -> None:
    version = versions("animals")
    Task.objects.all().delete()
    assert "Python client" not in snippets(live_server.url, version)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_button_copies_the_code(live_server: LiveServer, versions: Published) -> None:
    address = live_server.url + versions("offers").get_absolute_url()
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(address)
        page.get_by_text("pandas, from CSV").click()
        code = page.locator("details[open] code")
        page.locator("details[open]").get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == code.text_content()
        assert copied.startswith("import pandas")
        browser.close()
