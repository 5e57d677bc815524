"""`python -m tools.finished` plays the finished sample challenge and writes its archive.

It takes some minutes. The site loads the archive; run this again when the format of archives, the
scorer or the boards change.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import samples


def main() -> int:
    """Write the archive in a state folder of its own and print its size."""
    parser = argparse.ArgumentParser(prog="tools.finished", description=__doc__)
    parser.add_argument("--out", type=Path, default=samples.FINISHED)
    out: Path = parser.parse_args().out
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "podium.settings",
            "PODIUM_VAR": var,
            "DATABASE_URL": f"sqlite:///{var}/played.sqlite3",
            "PODIUM_BASELINE_SECONDS": "30",
        }
        written(out, Path(var))
    print(f"{out}: {out.stat().st_size:,} bytes")
    return 0


def written(out: Path, var: Path) -> None:
    """Play the event in this process, which is to be set up for an empty site."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import override_settings

    from podium.archives.models import Edition
    from podium.archives.writing import write
    from scoring.runner import Scorer
    from tools.finished.clock import played_from
    from tools.finished.plan import EVENT
    from tools.finished.play import ARCHIVED, play

    call_command("migrate", verbosity=0)
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    caches = dict.fromkeys(("default", "boards"), memory)
    scorer = Scorer()
    with override_settings(CACHES=caches):
        (var / "played").mkdir()
        challenge = play(var / "played", scorer, teams=len(EVENT["teams"]))
        with out.open("wb") as file, played_from(ARCHIVED):
            write(challenge, Edition.FULL, file)
    scorer.close()


if __name__ == "__main__":
    sys.exit(main())
