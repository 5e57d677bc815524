"""What the rows of all files that arrive in chunks have in common."""

from django.db import models


class ChunkedFile(models.Model):
    """A file that arrives in chunks, in order. Its chunks are in the private storage."""

    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes, as announced.")
    received = models.PositiveBigIntegerField(default=0, help_text="Bytes.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """The folder of its chunks in the private storage."""
        raise NotImplementedError

    @property
    def is_complete(self) -> bool:
        return self.received == self.size
