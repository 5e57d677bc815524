"""Which files are predictions, as far as their names and first bytes tell. Nothing is parsed."""

from podium.uploads.receiving import Upload

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")
_MAGIC = {".csv.gz": b"\x1f\x8b", ".csv.zst": b"\x28\xb5\x2f\xfd", ".parquet": b"PAR1"}


def problem_of(upload: Upload) -> str:
    """Return why a file is not taken, or an empty text."""
    if problem := problem_of_name(upload.name):
        return problem
    suffix = suffix_of(upload.name)
    if upload.size == 0:
        return f"`{upload.name}` is empty. Choose a file with predictions."
    for kind, magic in _MAGIC.items():
        if (suffix == kind) != upload.head.startswith(magic):
            return f"`{upload.name}` is not what its name says. Check how it was written."
    return ""


def suffix_of(name: str) -> str:
    """Return which of the accepted endings a file name has, or an empty text."""
    return next((s for s in sorted(SUFFIXES, key=len) if name.lower().endswith(s)), "")


def problem_of_name(name: str) -> str:
    """Return why a file of that name is not taken, or an empty text."""
    if not suffix_of(name):
        return (
            f"`{name}` is neither CSV nor Parquet. "
            f"Upload a file whose name ends in {', '.join(SUFFIXES)}."
        )
    return ""
