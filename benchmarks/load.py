"""`python -m benchmarks.load URL`: how many requests a second an address answers.

The load comes from another process: wrk where it is installed (Debian's package wrk), else this
module's own threads with one connection each.
"""

import argparse
import re
import shutil
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

ENCODING = {"Accept-Encoding": "gzip"}


def main() -> None:
    """Print the requests per second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    print(_by_threads(options.url, options.seconds, options.connections))


def tool() -> str:
    """Return the name of what makes the load."""
    return "wrk" if shutil.which("wrk") else "benchmarks.load"


def rate(url: str, seconds: int = 5, connections: int = 8) -> float:
    """Return the requests per second of an address; every answer must be a page, packed by gzip."""
    if tool() == "wrk":
        header = ["--header", "Accept-Encoding: gzip"]
        size = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
        said = _said(["wrk", *size, *header, url])
        assert "Non-2xx" not in said, said
        assert "Socket errors" not in said, said
        found = re.search(r"Requests/sec:\s+([\d.]+)", said)
        assert found, said
        return float(found[1])
    size = ["--seconds", str(seconds), "--connections", str(connections)]
    return float(_said([sys.executable, "-m", "benchmarks.load", url, *size]))


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _by_threads(url: str, seconds: float, connections: int) -> float:
    address, counts = urlsplit(url), [0] * connections
    assert address.hostname
    end = time.perf_counter() + seconds

    def ask(place: int) -> None:
        connection = HTTPConnection(address.hostname or "", address.port)
        while time.perf_counter() < end:
            connection.request("GET", address.path, headers=ENCODING)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            answer.read()
            counts[place] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


if __name__ == "__main__":
    main()
