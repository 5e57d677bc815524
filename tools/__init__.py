"""What the Makefile runs: the site on one machine, the whole test run, its scratch servers."""
