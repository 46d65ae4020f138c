"""Reads what a command did, prints it in the language of the command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from carbon.base.words import section, text
from carbon.cli.options import echo, language

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.run.plan import Outcome

__all__ = [
    "code_words",
    "errors_in",
    "print_catalogue_problems",
    "print_defaults",
    "print_headers",
    "print_problems",
    "print_run",
    "said",
    "say",
    "say_aside",
    "words_of",
]


def said(key: str, **values: object) -> str:
    """A sentence of the section ``cli``, in the language of the command.

    Parameters
    ----------
    key : str
        Of ``templates/words.toml``.
    **values : object
        What stands in it.
    """
    return text(f"cli.{key}", language(), **values)


def say(key: str, **values: object) -> None:
    """Print a sentence of the section ``cli``."""
    echo(said(key, **values))


def say_aside(key: str, **values: object) -> None:
    """Print a sentence of the section ``cli`` on stderr."""
    echo(said(key, **values), err=True)


def words_of(prefix: str) -> dict[str, str]:
    """Words of the section ``cli`` whose keys begin alike, by the rest of their key."""
    words = section("cli", language())
    return {key.removeprefix(prefix): word for key, word in words.items() if key.startswith(prefix)}


def errors_in(catalogue: Catalogue) -> bool:
    """Whether anything was left out, a SKU or a line."""
    return bool((catalogue.problems["severity"] == "error").any())


def code_words(codes: str) -> str:
    """Codes with what they say."""
    from carbon.base.errors import CODES

    rules = [
        f"{code}: {CODES[code].rule_in(language())}" for code in codes.split() if code in CODES
    ]
    return "; ".join(rules) or codes


def print_headers(catalogue: Catalogue) -> None:
    """How each header was understood."""
    say("columns")
    for row in catalogue.headers.to_dict("records"):
        meaning = f"{row['column']} [{row['unit']}]" if row["unit"] else row["column"]
        echo(f"  {row['source']}  ->  {meaning or said('left_out_column')}")


def print_defaults(catalogue: Catalogue) -> None:
    """How many cells of each column were assumed."""
    from carbon.base.terms import PROVENANCES

    count = (catalogue.provenance == PROVENANCES.index("default")).sum()
    say("assumed", skus=len(catalogue.skus))
    for name, number in count[count > 0].items():
        echo(f"  {name}: {number}")


def print_problems(problems: pd.DataFrame, show: int, more: str = "") -> None:
    """Problems, a line each.

    Parameters
    ----------
    problems : pandas.DataFrame
    show : int
        Lines at the most.
    more : str
        Sentence on those that are not shown; nothing is said of them without.
    """
    from carbon.base.problems import problem_lines

    for line in problem_lines(problems, show, language()):
        echo(line)
    if more and len(problems) > show:
        say(more, count=len(problems) - show, file="problems.csv")


def print_catalogue_problems(catalogue: Catalogue, *, show: int = 10, brief: bool = False) -> None:
    """Problems of a catalogue, and how many SKUs were left out.

    Parameters
    ----------
    catalogue : Catalogue
    show : int
        Lines at the most.
    brief : bool
        Leave out notes.
    """
    problems = catalogue.problems
    if problems.empty:
        say("no_problems")
        return
    if brief:
        problems = problems[problems["severity"] != "note"]
    print_problems(problems, show, "more_problems")
    say(
        "problem_count",
        count=len(problems),
        left_out=int(catalogue.skus["failed"].sum()),
        skus=len(catalogue.skus),
    )


def print_run(outcome: Outcome, basis: object) -> None:
    """What a run did: rows, problems by code, what was assumed, rate."""
    skus, left_out = outcome.skus, outcome.left_out
    counts = {"skus": skus, "left_out": left_out, "computed": skus - left_out}
    say("computed", **counts, output=outcome.output, basis=basis)
    if outcome.resumed:
        say("resumed", skus=outcome.resumed)
    if outcome.changes:
        keys = {"changed": "changed_count"}
        parts = (said(keys.get(name, name), count=n) for name, n in outcome.changes.items())
        say("changed", changes=", ".join(parts))
    if outcome.defaulted:
        say("assumed_line", columns=listed(Counter(outcome.defaulted).most_common(8)))
    for reject in outcome.rejects[:10]:
        place = said("all_of_it")
        if reject.first:
            place = said("rows", first=reject.first, last=reject.last)
        say("unreadable", file=reject.file, place=place, reason=reject.reason)
    print_problems(outcome.problems, len(outcome.problems))
    count = sum(outcome.codes.values())
    if count:
        codes = listed(sorted(outcome.codes.items()))
        say("problem_codes", count=count, codes=codes, left_out=left_out, skus=skus)
    else:
        say("no_problems")
    if outcome.manifest is not None:
        say("manifest", manifest=outcome.manifest)
    seconds = outcome.seconds
    say_aside("rate", seconds=seconds, rate=skus / max(seconds, 1e-9))


def listed(counts: Any) -> str:
    """Names with their counts."""
    pairs = counts.items() if isinstance(counts, Mapping) else counts
    return ", ".join(f"{name} {count}" for name, count in pairs)
