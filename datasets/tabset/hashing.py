"""SHA-256 of files, and the content hash that names a data set version."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tabset import schema
from tabset.schema import Dataset, FileFact

CHUNK = 1 << 20


def of_bytes(content: bytes) -> str:
    """The SHA-256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()


def fact(path: Path) -> FileFact:
    """SHA-256 and size of a file."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileFact(digest.hexdigest(), size)


def of_content(files: Mapping[str, FileFact]) -> dict[str, str]:
    """The hashes of those public files that the content hash is over: tables in CSV, and images."""
    return {
        name: fact.sha256
        for name, fact in files.items()
        if name.startswith("images/") or ("/" not in name and name.endswith(".csv"))
    }


def content_hash(dataset: Dataset, hashes: Mapping[str, str]) -> str:
    """The SHA-256 over name and hash of every part of the content, sorted by name.

    `hashes` holds the canonical CSV bytes of all tables (train.csv, …, solution.csv,
    entities.csv) and the image files; `dataset.json` comes in without `files` and `content_hash`.
    Parquet files and archives stay out, because their bytes depend on a library's version.
    """
    document = dataset.to_json()
    del document["files"], document["content_hash"]
    parts = dict(hashes) | {"dataset.json": of_bytes(schema.dumps(document))}
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(parts.items()))
    return of_bytes(listing.encode())
