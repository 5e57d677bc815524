"""Starts a baseline as the site does: a process of its own, safe path, JSON progress."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """What a run left behind; `lines` and `facts` are its parsed standard output."""

    code: int
    lines: list[dict]
    errors: str
    facts: dict = field(default_factory=dict)

    @property
    def last_line(self) -> str:
        return self.errors.strip().splitlines()[-1]


def run(
    method: str,
    data: Path,
    out: Path,
    scratch: Path,
    *options: str,
    python: str = sys.executable,
    **variables: str,
) -> Finished:
    """The finished run. Its temporary files go to ``scratch``, so that a test can look there."""
    scratch.mkdir(exist_ok=True)
    command = [python, "-m", "baselines", "run", method, "--json-progress"]
    process = subprocess.run(
        [*command, "--data", str(data), "--out", str(out), *options],
        env=os.environ | {"PYTHONSAFEPATH": "1", "TMPDIR": str(scratch)} | variables,
        cwd=scratch,
        capture_output=True,
        text=True,
        timeout=600,
    )
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    facts = [line.pop("facts") for line in lines if "facts" in line]
    return Finished(process.returncode, [line for line in lines if line], process.stderr, *facts)
