"""The variables that the settings are read from, and the lists in them."""

import environ
from environ.fileaware_mapping import FileAwareMapping


class _Variables(FileAwareMapping):
    """The environment; a value read from the file in NAME_FILE loses its last line break."""

    def __getitem__(self, name: str) -> str:
        value: str = super().__getitem__(name)
        return value.rstrip("\r\n")


env = environ.FileAwareEnv()
env.ENVIRON = _Variables()


def words(text: str) -> list[str]:
    """Split a list in lower case: with commas between the words, or one a line with # comments."""
    lines = [line.partition("#")[0] for line in text.splitlines()]
    return ",".join(lines).replace(",", " ").lower().split()


def domains(text: str) -> list[str]:
    """Return the domains in a list, without the @ or dot that some begin with."""
    return [word.lstrip("@.") for word in words(text)]
