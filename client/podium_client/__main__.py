"""`python -m podium_client` is `podium`."""

from podium_client.cli import main

main()
