"""The command line: `backproof`, or `python -m backproof`."""

from backproof.command_line.signals import obeying_signals


@obeying_signals()
def main() -> None:
    """Run the command line, and obey signals while it is imported, which takes longest."""
    from backproof.command_line import cli  # noqa: PLC0415

    cli.main()


if __name__ == "__main__":
    main()
