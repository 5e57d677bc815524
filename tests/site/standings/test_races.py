"""What happens to boards at the same moment comes one after the other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.standings.races import REVEALS, ROUNDS

pytestmark = pytest.mark.dialect


def test_publications_reveals_and_scorings_at_once_come_one_after_the_other(
    tmp_path: Path,
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "podium.settings",
        "PODIUM_VAR": str(tmp_path / "var"),
        "REDIS_URL": f"unix://{tmp_path}/no-redis.sock",
    }
    command = [sys.executable, "-m", "tests.site.standings.races", str(tmp_path)]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    found, reveals = said["publications"], said["reveals"]
    assert (found["wrong"], found["without"]) == (0, 0)
    # Either may come first: the other one notices.
    assert found.get("published", 0) + found.get("refused", 0) == ROUNDS
    assert found.get("scored again", 0) == found.get("published", 0)
    # One of three workers reveals, and a late score is on the private board in any order.
    assert (reveals["made"], reveals["left"]) == (REVEALS, 2 * REVEALS)
    assert (reveals["events"], reveals["boards"]) == (REVEALS, REVEALS)
    assert (reveals["wrong"], reveals["failed"], reveals["due"]) == (0, 0, 0)
