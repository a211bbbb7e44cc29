"""What the demo shows: chapters, tables and progress in Chinese. Knows how to print, and no figure of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from treasury.money import wan, yuan

T = TypeVar("T")
# A fixed width where nobody is looking (a log, a pipe): rich would fold Chinese tables at 80 columns.
WIDTH: Final = 132


class Screen:
    """The console of one run."""

    def __init__(self, console: Console | None = None) -> None:
        found = console or Console(highlight=False)
        self.console = found if found.is_terminal else Console(highlight=False, width=WIDTH)

    def chapter(self, number: int, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{chr(ord('①') + number - 1)} {title}", align="left")

    def say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def good(self, text: str) -> None:
        """A fact that was checked."""
        self.console.print(f"[green]✓[/] {text}")

    def bad(self, title: str, text: str) -> None:
        self.console.print(Panel(text.replace("[", "\\["), title=title, border_style="red"))

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[int] = ()
    ) -> None:
        """A table; the columns in `right` are figures and stand to the right."""
        shown = Table(title=title, title_justify="left", header_style="bold")
        figures = set(right)
        for at, name in enumerate(columns):
            shown.add_column(name, justify="right" if at in figures else "left", overflow="fold")
        for row in rows:
            shown.add_row(*(str(cell).replace("[", "\\[") for cell in row))
        self.console.print(shown)

    def steps(self, what: str, items: Sequence[T]) -> Iterator[T]:
        """The items one by one under a progress bar."""
        with self._progress() as progress:
            yield from progress.track(items, description=what, total=len(items) if isinstance(items, Sized) else None)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A moving bar while one step takes its time."""
        with self._progress() as progress:
            task = progress.add_task(what, total=1)
            yield
            progress.update(task, completed=1)

    def _progress(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )


def in_yuan(fen: int) -> str:
    return f"{yuan(fen)} 元"


def in_wan(fen: int) -> str:
    return f"{wan(fen)} 万元"
