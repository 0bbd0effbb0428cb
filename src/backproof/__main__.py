"""`python -m backproof`: the command line."""

from backproof.command_line.cli import main

main()
