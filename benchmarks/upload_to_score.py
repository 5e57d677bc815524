"""`python -m benchmarks.upload_to_score`: from the start of an upload to the visible score.

A real site is started (gunicorn, Redis, a Celery worker with two processes, SQLite). A member
uploads a 10,000-row file and asks for the status fragment as the page does, until it holds the
score. In the same run and on the same file, the usual scoring script is timed, which reads both
files with pandas, merges on id and computes accuracy and macro-F1 with scikit-learn.
"""

import argparse
import http.cookiejar
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tools.scratch_site import Site, scratch_site

PASSWORD = "a benchmark's password"  # noqa: S105  (of an account that lives for a minute)
CLASSES = tuple(f"class {n}" for n in range(10))
USUAL = """
import sys
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score
submission, solution = pd.read_csv(sys.argv[1]), pd.read_parquet(sys.argv[2])
rows = solution.merge(submission, on="id")
accuracy_score(rows.label, rows.prediction), f1_score(rows.label, rows.prediction, average="macro")
"""


def load(folder: str, rows: int) -> None:
    """Fill the site's database: one open task with this many test rows, and one member."""
    from benchmarks.world import make_world

    make_world(Path(folder), rows, CLASSES, PASSWORD)


def main() -> None:
    """Print the percentiles as a table and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as name:
        var = Path(name)
        code = f"from benchmarks.upload_to_score import load; load({name!r}, {options.rows})"
        with scratch_site(var, code) as site:
            site.start_worker(processes=2)
            ours = _uploads(site, var / "predictions.csv", options.runs)
        solution = next((var / "files" / "private" / "solutions").rglob("*.parquet"))
        script = script_seconds(var / "predictions.csv", solution, runs=7)
    figures = {
        "rows": options.rows,
        "runs": options.runs,
        "p50_ms": 1000 * statistics.median(ours),
        "p95_ms": 1000 * sorted(ours)[int(0.95 * len(ours))],
        "usual_script_ms": 1000 * statistics.median(script),
    }
    figures["ratio"] = figures["usual_script_ms"] / figures["p50_ms"]
    for key, value in figures.items():
        print(f"{key:20} {value:10.1f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _uploads(site: Site, file: Path, runs: int) -> list[float]:
    """Return the seconds from the start of each upload to the fragment with the score."""
    browser = Browser(site.url)
    browser.sign_in()
    browser.upload_and_wait(file)  # the worker starts its scoring process and reads the solution
    return [browser.upload_and_wait(file) for _ in range(runs)]


class Browser:
    """The few requests of a member's browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        with self.opener.open(self.url + path) as reply:
            return str(reply.read().decode())

    def post(self, path: str, body: bytes, content_type: str) -> tuple[str, str]:
        request = urllib.request.Request(self.url + path, body, {"Content-Type": content_type})  # noqa: S310
        with self.opener.open(request) as reply:
            return reply.geturl(), reply.read().decode()

    def token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert found, path
        return found[1]

    def sign_in(self) -> None:
        path = "/accounts/login/"
        fields = {"login": "member@example.org", "password": PASSWORD}
        fields["csrfmiddlewaretoken"] = self.token(path)
        body = urllib.parse.urlencode(fields).encode()
        address, _ = self.post(path, body, "application/x-www-form-urlencoded")
        assert "login" not in address, "the sign-in was refused"

    def upload_and_wait(self, file: Path) -> float:
        token = self.token("/c/bench/tasks/bench/")
        mark = f"mark{random.getrandbits(64):x}"
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="again"\r\n\r\non\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f'{token}\r\n--{mark}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="predictions.csv"\r\nContent-Type: text/csv\r\n\r\n'
        )
        body = head.encode() + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        begun = time.perf_counter()
        address, page = self.post(
            "/c/bench/tasks/bench/submit/", body, f"multipart/form-data; boundary={mark}"
        )
        path = urllib.parse.urlsplit(address).path
        while wait := re.search(r"load delay:(\d+)ms", page):
            time.sleep(int(wait[1]) / 1000)
            page = self.get(f"{path}status/")
        assert "95 % interval" in page, page[:2000]
        return time.perf_counter() - begun


def script_seconds(predictions: Path, solution: Path, runs: int) -> list[float]:
    """Return the seconds of the usual script as a process of its own."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", USUAL, predictions, solution], check=True)
        seconds.append(time.perf_counter() - begun)
    return seconds


if __name__ == "__main__":
    main()
