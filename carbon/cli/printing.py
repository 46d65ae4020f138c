"""Reads what a command did, prints it in the language of the command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from carbon.base.words import basis_text, category_text, column_names, section, text
from carbon.cli.options import echo, language

if TYPE_CHECKING:
    import pandas as pd

    from carbon.catalogue.schema import Catalogue
    from carbon.run.labelling import LabelsDrawn
    from carbon.run.plan import Outcome
    from carbon.study import Study

__all__ = [
    "basis_words",
    "category_names",
    "category_words",
    "code_words",
    "column_words",
    "errors_in",
    "listed",
    "padded",
    "print_catalogue_problems",
    "print_defaults",
    "print_headers",
    "print_labels",
    "print_problems",
    "print_run",
    "print_summary",
    "said",
    "say",
    "say_aside",
    "words_of",
]


MOST_NAMED = 8
"""Columns or words that one line of a summary names."""


def said(key: str, **values: object) -> str:
    """A sentence of the section ``cli``, in the language of the command.

    ``key``: of ``templates/words.toml``; ``**values``: what stands in it.
    """
    if "basis" in values:
        values["basis"] = basis_words(values["basis"])
    return text(f"cli.{key}", language(), **values)


def basis_words(basis: object) -> str:
    """Edition, method, boundary and unit, in the language of the command."""
    return basis_text(str(basis), language())


def column_words(column: str) -> str:
    """Name of a catalogue's column; English has that of the file."""
    lang = language()
    return column_names(lang).get(column, column) if lang == "zh" else column


def category_names(study: Study) -> dict[str, str]:
    """Names of the categories; none in English, where that of the file stands."""
    if language() != "zh":
        return {}
    table = study.vocabulary.categories
    columns = (table[name].astype(str).tolist() for name in ("category", "name_zh"))
    return dict(zip(*columns, strict=True))


def category_words(category: str, names: Mapping[str, str]) -> str:
    """Name of a category, or of a size of it; that of the file where there is none."""
    return category_text(category, names, language()) if names else category


def padded(words: str, width: int, *, right: bool = False) -> str:
    """Words filled up with spaces: a Chinese character is two columns of a terminal wide.

    ``width``: in columns; ``right``: the spaces stand to their left.
    """
    spaces = " " * (width - sum(2 if each > "\u2e7f" else 1 for each in words))
    return spaces + words if right else words + spaces


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

    lang = language()
    colon, semicolon = (text(f"problem.{key}", lang) for key in ("colon", "semicolon"))
    rules = [f"{code}{colon}{CODES[code].rule_in(lang)}" for code in codes.split() if code in CODES]
    return semicolon.join(rules) or codes


def print_headers(catalogue: Catalogue) -> None:
    """How each header was understood."""
    say("columns")
    for row in catalogue.headers.to_dict("records"):
        column = column_words(row["column"])
        meaning = f"{column} [{row['unit']}]" if row["unit"] else column
        echo(f"  {row['source']}  ->  {meaning or said('left_out_column')}")


def print_defaults(catalogue: Catalogue) -> None:
    """How many cells of each column were assumed."""
    from carbon.base.terms import PROVENANCES

    count = (catalogue.provenance == PROVENANCES.index("default")).sum()
    say("assumed", skus=len(catalogue.skus))
    count = count[count > 0].sort_values(ascending=False, kind="stable")
    first = [name for name in ("mass", "materials") if name in count]  # what decides most
    for name in [*first, *count.index.difference(first, sort=False)]:
        say("count_of", name=column_words(name), count=count[name])


def print_summary(catalogue: Catalogue, unknown: pd.DataFrame) -> None:
    """What was read, left out, not understood and assumed, before any single problem.

    ``unknown``: as :func:`carbon.catalogue.mapping.learned` gives it.
    """
    from carbon.base.errors import CODES
    from carbon.catalogue.presets import presets

    lang, problems, failed = language(), catalogue.problems, catalogue.skus["failed"]
    warned = (catalogue.skus["problem"] != "") & ~failed
    counts = {"skus": len(failed), "left_out": int(failed.sum()), "warned": int(warned.sum())}
    echo(text("check.read", lang, file=catalogue.file, **counts))
    for name in problems.loc[problems["code"] == "C022", "value"].unique():
        echo(text("check.preset", lang, name=presets()[name].title[lang]))
    if len(problems):
        echo(text("check.by_code", lang))
        by_code = problems.groupby(["code", "severity"]).size().reset_index(name="count")
        for row in by_code.to_dict("records"):
            rule = CODES[str(row["code"])].rule_in(lang)
            severity = text(f"severity.{row['severity']}", lang)
            echo(f"  {row['code']} {severity} {row['count']}  {rule}")
        columns = problems.loc[problems["column"] != "", "column"].value_counts().head(MOST_NAMED)
        if len(columns):
            echo(text("check.by_column", lang, columns=listed(columns.to_dict())))
    if len(unknown):
        word, rows = (unknown.columns[position] for position in (1, 3))
        first = unknown.head(MOST_NAMED)
        shown = listed(zip(first[word], first[rows], strict=True))
        echo(text("check.unknown", lang, count=len(unknown), words=shown))
    print_defaults(catalogue)


def print_problems(problems: pd.DataFrame, show: int, more: str = "") -> None:
    """Problems, a line each.

    ``more``: sentence on those that are not shown; nothing is said of them without.
    """
    from carbon.base.problems import problem_lines

    for line in problem_lines(problems, show, language()):
        echo(line)
    if more and len(problems) > show:
        say(more, count=len(problems) - show, file="problems.csv")


def print_catalogue_problems(
    catalogue: Catalogue, *, show: int = 10, brief: bool = False, worst_first: bool = False
) -> None:
    """Problems of a catalogue, and how many SKUs were left out.

    ``brief``: leave out notes; ``worst_first``: errors before warnings, and these before notes;
    else in the order of the file.
    """
    problems = catalogue.problems
    if problems.empty:
        say("no_problems")
        return
    if brief:
        problems = problems[problems["severity"] != "note"]
    if worst_first:
        grade = problems["severity"].map({"error": 0, "warning": 1}).fillna(2)
        problems = problems.loc[grade.sort_values(kind="stable").index]
        echo(text("check.worst", language()))
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
        say("changed", changes=said("comma").join(parts))
    if outcome.defaulted:
        most = Counter(outcome.defaulted).most_common(8)
        say("assumed_line", columns=listed((column_words(name), n) for name, n in most))
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
    return said("comma").join(f"{name} {count}" for name, count in pairs)


def print_labels(drawn: LabelsDrawn) -> None:
    """Print what was drawn: changes, files, claims in names, and how sure the letters are.

    ``drawn``: as :mod:`carbon.run.labelling` gives it.
    """
    if drawn.changes is not None:
        _print_changes(drawn.changes)
    if drawn.files is not None:
        say("label_files", count=drawn.files)
    _print_claims(drawn.claims, drawn.claimed - len(drawn.claims))
    _print_states(drawn.states)


def _print_states(tally: Mapping[Any, int]) -> None:
    """How many SKUs have a letter, and how sure it is."""
    from carbon.label.scale import STATES

    names = words_of("state_")
    parts = [f"{tally[state]} {names[state]}" for state in STATES if tally.get(state)]
    certified = tally.get("verified", 0)
    parts += [said("verified", count=certified)] if certified else []
    echo(said("comma").join(parts) or said("no_labels"))


def _print_changes(table: pd.DataFrame) -> None:
    """How many labels change and how; the letters that do."""
    names = words_of("change_")
    counts = table["change"].value_counts()
    kinds = said("comma").join(f"{count} {names[str(kind)]}" for kind, count in counts.items())
    say("labels_change", count=len(table), kinds=kinds or said("none"))
    for row in table[table["change"] == "letter"].head(20).to_dict("records"):
        echo(f"  {row['sku']}: {row['letter_old'] or '-'} -> {row['letter_new'] or '-'}")


def _print_claims(claims: pd.DataFrame, more: int) -> None:
    """Names that claimed what the market forbids."""
    print_problems(claims, len(claims))
    if more > 0:
        say("more_in", count=more, file="problems.csv")
