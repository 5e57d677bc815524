"""The MLCommons Croissant 1.1 description of a data set: files, and record sets over Parquet.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from tabset import citation
from tabset.images import FOLDER
from tabset.schema import Column, ColumnType, Dataset

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
MIME_TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/x-parquet",
    ".zip": "application/zip",
}
IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
}
# Formats that the reference reader opens with only Pillow.
READ_TYPES = frozenset({"image/png", "image/jpeg"})
DATA_TYPES = {
    ColumnType.NUMERIC: "cr:Float64",
    ColumnType.DATETIME: "sc:DateTime",
    ColumnType.BOOLEAN: "sc:Boolean",
}
DESCRIPTIONS = {
    ".csv": "The same rows as the Parquet file of this name, as UTF-8 text. It has no record set, "
    "because readers of this format guess the types of CSV cells: the label NA would become a "
    "missing value and 007 the number 7.0.",
    ".parquet": "Typed rows, compressed with zstd.",
    ".zip": "The files of the folder images, stored without compression.",
}
TERMS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileProperty fileObject "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
# Characters that an identifier of the format cannot have.
UNSAFE = re.compile(r"[^\w.\-]")


def document(dataset: Dataset) -> dict[str, Any]:
    """The JSON-LD document; `dataset.files` must hold the data files with their hashes."""
    files = [
        name
        for name in dataset.files
        if "/" not in name and PurePosixPath(name).suffix in MIME_TYPES
    ]
    sets = _file_sets(dataset)
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": dataset.name,
        "alternateName": dataset.title,
        "description": f"{dataset.title}. {dataset.description.strip()}",
        # The specification asks for a semantic version; the content is its build metadata.
        "version": f"1.0.0+{citation.version(dataset)}",
        "license": dataset.licence.url or dataset.licence.name,
        "citeAs": citation.bibtex(dataset),
        "isLiveDataset": False,
        "distribution": [*(_file_object(name, dataset) for name in files), *sets],
        "recordSet": [*_record_sets(dataset), *_image_sets(sets)],
    }


def _context() -> dict[str, Any]:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "description": {"@container": "@language"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "name": {"@container": "@language"},
        **{term: f"cr:{term}" for term in TERMS.split()},
    }


def _file_object(name: str, dataset: Dataset) -> dict[str, Any]:
    fact = dataset.files[name]
    suffix = PurePosixPath(name).suffix
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": DESCRIPTIONS[suffix],
        "contentUrl": name,
        "contentSize": f"{fact.bytes} B",
        "encodingFormat": MIME_TYPES[suffix],
        "sha256": fact.sha256,
    }


def _file_sets(dataset: Dataset) -> list[dict[str, Any]]:
    """The folder of images, a set per file type; none where there are no images.

    The sets are not contained in the archive: the format's own reader keeps what it unpacked under
    the address `images.zip` and would give the images of another data set from there.
    """
    paths = [PurePosixPath(name) for name in dataset.files if name.startswith(f"{FOLDER}/")]
    suffixes = sorted({path.suffix for path in paths if path.suffix.lower() in IMAGE_TYPES})
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"{FOLDER}{suffix}",
            "name": f"{FOLDER}{suffix}",
            "description": f"The {suffix} files that image columns name; images.zip has them too.",
            "encodingFormat": IMAGE_TYPES[suffix.lower()],
            "includes": f"{FOLDER}/*{suffix}",
        }
        for suffix in suffixes
    ]


def _image_sets(sets: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A record set per file set that can be read: path in the data set, and picture."""
    for files in sets:
        if files["encodingFormat"] in READ_TYPES:
            name = files["name"]
            yield {
                "@type": "cr:RecordSet",
                "@id": f"{name}-files",
                "name": f"{name}-files",
                "key": {"@id": f"{name}-files/path"},
                "field": [
                    _image_field(name, "path", "sc:Text", "fullpath"),
                    _image_field(name, "content", "sc:ImageObject", "content"),
                ],
            }


def _image_field(files: str, name: str, kind: str, part: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{files}-files/{name}",
        "name": f"{files}-files/{name}",
        "dataType": kind,
        "source": {"fileSet": {"@id": files}, "extract": {"fileProperty": part}},
    }


def _record_sets(dataset: Dataset) -> list[dict[str, Any]]:
    row_id = Column("id", ColumnType.ID, "Identifies the row.")
    label = Column("label", ColumnType.TEXT, "The label.")
    record_id = Column("record_id", ColumnType.ID, "Identifies the record.")
    sets = [
        _record_set("train", (row_id, *dataset.columns, label)),
        _record_set("test", (row_id, *dataset.columns)),
    ]
    sets += [_record_set(name, (record_id, *columns)) for name, columns in dataset.records.items()]
    return sets


def _record_set(table: str, columns: Sequence[Column]) -> dict[str, Any]:
    names = _identifiers(table, columns)
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "key": {"@id": names[0]},
        "field": [_field(table, name, column) for name, column in zip(names, columns, strict=True)],
    }


def _identifiers(table: str, columns: Sequence[Column]) -> list[str]:
    """An identifier per column: its name without characters that have a meaning in one."""
    names: list[str] = []
    for place, column in enumerate(columns, start=1):
        name = f"{table}/{UNSAFE.sub('_', column.name)}"
        while name in names:
            name = f"{name}-{place}"
        names.append(name)
    return names


def _field(table: str, name: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        "description": column.description,
        "dataType": DATA_TYPES.get(column.type, "sc:Text"),
        "source": {
            "fileObject": {"@id": f"{table}.parquet"},
            "extract": {"column": column.name},
        },
    }
    if column.type is ColumnType.LIST:
        field |= {"isArray": True, "arrayShape": "-1"}
    return field
