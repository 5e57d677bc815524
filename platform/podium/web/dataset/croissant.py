"""The Croissant description of a version as the site serves it.

The stored file names the files of its folder; programs that load it by its address need theirs.
"""

from podium.catalog.models import DatasetVersion
from podium.files import Json


def served(document: Json, version: DatasetVersion, page: str) -> Json:
    """Return the description with absolute addresses, when it was published, and where its page is.

    Images are in images.zip, which readers fetch; `page` is the absolute address of the version.
    """
    files = [_located(item, page) for item in document["distribution"]]
    published = version.published_at
    dated = {"datePublished": published.date().isoformat()} if published else {}
    return {**document, "url": page, **dated, "distribution": files}


def _located(item: Json, page: str) -> Json:
    if item["@type"] == "cr:FileObject":
        return {**item, "contentUrl": f"{page}files/{item['contentUrl']}"}
    return {**item, "containedIn": {"@id": "images.zip"}}
