"""Reads where results are to go, gives their files; refuses places that must not be written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from carbon.base.errors import OutputError
from carbon.base.files import plain_place
from carbon.cli.options import language

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["guard", "result_files", "write_tables"]


def guard(
    output: Path | str | None,
    *inputs: Path | str | None,
    folder: bool = False,
    only: tuple[str, ...] = (),
    index: str = "",
) -> None:
    """Refuse, before anything is computed, a result that could not or must not be written.

    ``output``: where the result goes; ``*inputs``: files and folders that are read; ``folder``: a
    folder may be written too: a name without an extension; ``only``: extensions of what is no
    table; those of tables without; ``index``: how the index of a folder of files begins: any name
    is that of a folder. Raises O002 if the format is not known, O004 if the result would replace an
    input, B009 if it would replace a folder that holds something else.
    """
    from carbon.run.publish import check_folder
    from carbon.run.results import FORMATS

    if output is None:
        return
    sources = [each for each in inputs if each is not None]
    suffix = "" if index else PurePath(output).suffix.lower()
    if suffix not in (only or FORMATS) and not (folder and not suffix):
        detail = f"this one is {' or '.join(only)}" if only else ""
        raise OutputError("O002", detail, file=str(output))
    if isinstance(output, str):
        read = [str(each).rstrip("/") for each in sources]
        if output in read or any(output.startswith(f"{each}/") for each in read):
            raise OutputError("O004", file=output)
        if not suffix:
            check_folder(output, index)
        return
    plain_place(output, folder=not suffix)
    for source in (Path(each) for each in sources if "://" not in str(each)):
        same = output.exists() and source.exists() and output.samefile(source)
        # what is no table is not read again with the folder in which it lies
        inside = not only and source.is_dir() and source.resolve() in output.resolve().parents
        if same or inside:
            raise OutputError("O004", file=str(output))
    if not suffix:
        check_folder(output, index)


def result_files(
    output: Path, *names: str, inputs: tuple[Path | None, ...] = ()
) -> dict[str, Path]:
    """Files of a result of several tables: OUT itself, and OUT-name for each name.

    ``*names``: as ``reasons``; ``inputs``: files that are read; none may be replaced. Returns
    ``""`` → OUT, and each name.
    """
    files = {
        name: output.with_name(f"{output.stem}{'-' if name else ''}{name}{output.suffix}")
        for name in ("", *names)
    }
    for path in files.values():
        guard(path, *inputs)
    return files


def write_tables(files: Mapping[str, Path], **tables: pd.DataFrame | None) -> None:
    """Write the tables of a result.

    ``files``: as :func:`result_files` gives them. ``**tables``: by name; ``out`` is OUT itself.
    None is not written; problems are told in the language of the command.
    """
    from carbon.base.problems import retold
    from carbon.run.results import write_table

    for name, table in tables.items():
        if name == "problems" and table is not None and (lang := language()) != "en":
            table = retold(table, lang)
        if table is not None:
            write_table(table, files["" if name == "out" else name])
