"""`clearshot photos judge` and `tune`: verdicts on picture files, and how they suit an operator's own photos."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.cli.refused import Refused

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
Thing = TypeVar("Thing")
MANY = 8  # files: fewer need no progress bar


@app.callback()
def photos() -> None:
    """Judge picture files, and see how the judge does on your own."""


@app.command()
def judge(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Picture files.")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, in the order given.")
    ] = False,
    explain: Annotated[
        Path | None,
        typer.Option("--explain", metavar="DIR", help="Write the pictures that show what is wrong."),
    ] = None,
    locale: Annotated[str, typer.Option(help="Language of the lines below these pictures.")] = "en",
) -> None:
    """Judge picture files as the bot would; exit code 0 whatever the verdicts."""
    from bot.photos.command import FileVerdict, explain_file, judge_files, table  # noqa: PLC0415 - slow to load

    captions = _captions(locale) if explain is not None else str

    def told(verdicts: Iterable[FileVerdict]) -> Iterator[FileVerdict]:
        for found in verdicts:
            if explain is not None:
                explain_file(found, into=explain, caption=captions)
            yield found

    if as_json:
        for found in told(judge_files(_counted(files, shown=not sys.stdout.isatty()))):
            print(found.as_json(), flush=True)
        return
    for line in table(list(told(judge_files(_counted(files))))):
        print(line)


@app.command()
def tune(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds the folders `sharp` and `blurred`, or manifest.csv.")
    ],
    *,
    plot: Annotated[Path, typer.Option(metavar="FILE", help="Where the curve is drawn (PNG).")] = Path(
        "sharpness-curve.png"
    ),
) -> None:
    """Show how well blur is told on your own labelled photos, and suggest a threshold for your flows."""
    from bot.photos.command import legible  # noqa: PLC0415 - slow to load
    from bot.photos.tuning import (  # noqa: PLC0415 - slow to load
        NotLabelled,
        Scored,
        Tuning,
        labelled,
        require_enough,
        scored,
    )

    try:
        measured = list(scored(_counted(labelled(folder))))
        for path in (one for one in measured if isinstance(one, Path)):
            print(f"left out, no acceptable picture: {legible(path)}", file=sys.stderr)
        tuning = Tuning(photos=tuple(one for one in measured if isinstance(one, Scored)))
        require_enough(folder, [photo.sharp for photo in tuning.photos])
    except (NotLabelled, OSError, UnicodeDecodeError) as refusal:
        raise Refused(str(refusal)) from None
    for line in tuning.lines():
        print(line)
    plot.write_bytes(tuning.plot())
    print(f"\ndrawn: {plot}")


def _captions(locale: str) -> Callable[[str], str]:
    from bot.flow_files import read_flow_files  # noqa: PLC0415

    catalogue = read_flow_files().load().catalogue
    if catalogue is None:
        return lambda problem: problem
    return lambda problem: catalogue.texts.plain(locale, f"retake.{problem}.caption", {})


def _counted(things: list[Thing], *, shown: bool = True) -> Iterable[Thing]:
    """Show on a terminal how far it is, when there are many."""
    if not shown or len(things) < MANY or not sys.stderr.isatty():
        return things
    from rich.console import Console  # noqa: PLC0415 - only people need it
    from rich.progress import track  # noqa: PLC0415

    return track(things, description="Looking", console=Console(stderr=True), transient=True)
