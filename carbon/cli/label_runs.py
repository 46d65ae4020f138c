"""Reads a catalogue and how labels are drawn, prints what was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import click

from carbon.cli.options import echo
from carbon.cli.printing import errors_in, print_problems, print_run, said, say, words_of

if TYPE_CHECKING:
    import pandas as pd

    from carbon.run.labels import Drawing
    from carbon.study import Study

__all__ = ["TABLES", "at_once", "in_batches"]

TABLES: Final = (".csv", ".parquet", ".xlsx", ".jsonl")
"""Extensions of a table of changes."""

SHOWN: Final = 10
"""Claims that are printed."""


def in_batches(
    study: Study,
    drawing: Drawing,
    decided: dict[str, Any],
    catalogue: Path | str,
    output: Path | str,
    old: pd.DataFrame | None,
    running: dict[str, Any],
) -> int:
    """Labels of a catalogue of any size; against an earlier index none is drawn."""
    from carbon.run.batches import run
    from carbon.run.label_index import tallied
    from carbon.run.plan import Job

    if old is not None and PurePath(output).suffix.lower() in TABLES:
        kept, finish = ".parquet", partial(_compared, old=old)
    else:
        kept, finish = "", partial(_finished, old=old)
    job = Job("label", study, drawing, decided, not kept, tallied, kept, finish)
    outcome = run(job, catalogue, output, **running)
    tally = {name: int(count) for name, count in outcome.tally.items()}
    if not kept:
        say("label_files", count=tally.pop("files", 0))
    _print_states(tally)
    print_run(outcome, study.basis)
    return outcome.exit_code


def _finished(joined: Path, made: Path, *, old: pd.DataFrame | None) -> None:
    """Index, problems and archive of labels that are all drawn; what they change."""
    from carbon.run.folder import rows_of
    from carbon.run.label_index import PROBLEMS, changes, finished, read_index

    finished(joined, made)
    if old is not None:
        _print_changes(changes(old, read_index(joined)))
    if (joined / PROBLEMS).exists():
        rows = rows_of(joined / PROBLEMS)
        _print_claims(list(islice(rows, SHOWN)), sum(1 for _ in rows))


def _compared(joined: Path, made: Path, *, old: pd.DataFrame) -> None:
    """What labels would change."""
    import pandas as pd

    from carbon.run.label_index import changes
    from carbon.run.results import FORMATS

    table = changes(old, pd.read_parquet(joined))
    _print_changes(table)
    FORMATS[made.suffix.lower()](table, made)


def at_once(
    study: Study,
    drawing: Drawing,
    draws: int,
    catalogue: Path,
    skus: tuple[str, ...],
    output: Path,
    old: pd.DataFrame | None,
    single: bool,
) -> int:
    """Labels of some SKUs, or of one as a file: what is no matter of batches."""
    from carbon.run.label_index import changes
    from carbon.run.labels import Labels
    from carbon.run.results import write_table

    filled = study.catalogue(catalogue)
    if skus:
        filled = filled.select(list(dict.fromkeys(skus)))
    if single and len(filled) != 1:
        raise click.UsageError(f"{output} is one file: name one SKU with --sku")
    labels = Labels(*drawing.graded(study, filled, draws), drawing.job)
    table = None if old is None else changes(old, labels.index)
    if table is not None:
        _print_changes(table)
    if table is not None and output.suffix.lower() in TABLES:
        write_table(table, output)
    else:
        files, claimed = labels.save(output)
        if not single:
            say("label_files", count=files)
        _print_claims(claimed.head(SHOWN).to_dict("records"), len(claimed) - SHOWN)
    graded = labels.graded
    _print_states(graded["state"].value_counts(sort=False).to_dict())
    say("rows_written", skus=len(filled), output=output, basis=study.basis)
    return int(errors_in(filled) or bool(graded["total_kg"].isna().any()))


def _print_states(tally: Mapping[Any, int]) -> None:
    """How many SKUs have a letter, and how sure it is."""
    from carbon.label.scale import STATES

    names = words_of("state_")
    parts = [f"{tally[state]} {names[state]}" for state in STATES if tally.get(state)]
    certified = tally.get("verified", 0)
    parts += [said("verified", count=certified)] if certified else []
    echo(", ".join(parts) or said("no_labels"))


def _print_changes(table: pd.DataFrame) -> None:
    """How many labels change and how; the letters that do."""
    names = words_of("change_")
    counts = table["change"].value_counts()
    kinds = ", ".join(f"{count} {names[str(kind)]}" for kind, count in counts.items())
    say("labels_change", count=len(table), kinds=kinds or said("none"))
    for row in table[table["change"] == "letter"].head(20).to_dict("records"):
        echo(f"  {row['sku']}: {row['letter_old'] or '-'} -> {row['letter_new'] or '-'}")


def _print_claims(rows: Sequence[Mapping[Any, Any]], more: int) -> None:
    """Names that claimed what the market forbids."""
    import pandas as pd

    table = pd.DataFrame(rows)
    if len(table):  # a name has no row of a file: its SKU says whose it is
        print_problems(table.assign(row=None, file=table["sku"]), len(table))
    if more > 0:
        say("more_in", count=more, file="problems.csv")
