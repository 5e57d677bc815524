"""`python -m podium.rehearsals FOLDER`: play a rehearsal in a scratch site and print its steps.

Only `podium.rehearsals.actions` starts it, with the scratch site's environment.
"""

import json
import os
import sys
from pathlib import Path

import django

from podium.rehearsals import clock


def main(folder: Path) -> None:
    """Play the rehearsal whose material is in the folder."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "podium.settings"
    clock.install()
    django.setup()
    from django.conf import settings  # only now is the clock the rehearsal's own

    if not settings.VAR.is_relative_to(folder):
        raise SystemExit("A rehearsal runs only in a scratch site.")
    from podium.rehearsals.stage import Stage

    print(json.dumps({"steps": Stage(folder).play()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
