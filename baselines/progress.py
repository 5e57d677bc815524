"""Progress lines, and a standard output that carries nothing else."""

import json
import os
import sys
import threading
from typing import Any, TextIO


def claim_stdout() -> TextIO:
    """The real standard output; from now on everything else printed there goes to stderr.

    The file descriptor itself is redirected, so that native libraries are covered too.
    """
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    sys.stdout.flush()
    os.dup2(2, 1)
    return stream


class Progress:
    """Writes one line per report: JSON ``{"progress", "message"}``, or words for a person.

    The share done never decreases, in whatever order threads report.
    """

    def __init__(self, stream: TextIO, as_json: bool) -> None:
        self._stream = stream
        self._as_json = as_json
        self._done = 0.0
        self._lock = threading.Lock()

    def tell(self, facts: dict[str, Any]) -> None:
        """Writes facts of the run that just ended: JSON ``{"facts"}``, or words."""
        line = {"facts": facts}
        words = ", ".join(f"{name}: {value}" for name, value in facts.items())
        print(json.dumps(line) if self._as_json else words, file=self._stream, flush=True)

    def report(self, done: float, message: str) -> None:
        """Writes that the share ``done`` of the run, from 0 to 1, is complete."""
        with self._lock:
            self._done = max(self._done, min(done, 1.0))
            if self._as_json:
                line = json.dumps({"progress": round(self._done, 3), "message": message})
            else:
                line = f"{self._done:4.0%}  {message}"
            print(line, file=self._stream, flush=True)
