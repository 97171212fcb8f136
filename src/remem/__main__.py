"""`remem`, and `python -m remem`: Ctrl-C is answered from here on, all else takes half a second to import."""

from remem.leaving import answer, stand


def main() -> None:
    """The entry point of the command."""
    answer()
    stand()
    from remem.cli import main as carry_out

    carry_out()


if __name__ == "__main__":
    main()
