"""A scratch folder that is gone when the process is, also after SIGTERM."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXIT_TERMINATED = 128 + signal.SIGTERM


@contextmanager
def scratch_folder(unfinished: Path) -> Iterator[Path]:
    """An empty folder, removed at the end together with the file ``unfinished`` if it exists.

    SIGTERM is answered by a thread of its own that cleans up and ends the process: a Python signal
    handler would have to wait until native training code returns. For that the signal is blocked
    in every other thread, so enter this before anything that starts threads is imported.
    """
    folder = Path(tempfile.mkdtemp(prefix="podium-baseline-"))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_on_sigterm, args=(folder, unfinished), daemon=True).start()
    try:
        yield folder
    finally:
        _remove(folder, unfinished)


def _end_on_sigterm(folder: Path, unfinished: Path) -> None:
    signal.sigwait({signal.SIGTERM})
    _remove(folder, unfinished)
    # Training may have written a file while the folder was being removed.
    _remove(folder, unfinished)
    os.write(2, b"Stopped by SIGTERM.\n")
    os._exit(EXIT_TERMINATED)


def _remove(folder: Path, unfinished: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.unlink(missing_ok=True)
