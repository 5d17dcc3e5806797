"""``python -m membrax`` is the `membrax` command."""

from .cli import main

main()
