"""What many do at the same moment counts as if they had queued."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.dialect


def test_what_happens_at_once_counts_as_if_one_after_the_other(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "podium.settings",
        "PODIUM_VAR": str(tmp_path / "var"),
        "REDIS_URL": f"unix://{tmp_path}/no-redis.sock",
    }
    command = [sys.executable, "-m", "tests.site.security.races", str(tmp_path)]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "quota": {"done": 5, "quota": 15},
        "used": 5,
        "numbers": [1, 2, 3, 4, 5],
        "in flight": {"done": 3, "quota": 17},
        "two challenges": {"done": 5, "quota": 15},
        "first uploads": {"done": 3, "quota": 7},
        "withdrawn": 1,
        "left": {"no_team": 1},
        "last places": {"done": 2, "full": 6},
        "one name": {"done": 1, "name_taken": 7},
        "one person": {"done": 1, "other_team": 7},
        "rules": {"done": 8},
        "acceptances": 1,
        "accepted or entered": [1] * 6,
        "write-ups": {"done": 1, "newer": 7},
        "papers": 1,
    }
