"""Reads a catalogue in the words of an edition, gives it filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbon.base.arguments import checked

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from carbon.catalogue.given import Source
    from carbon.catalogue.schema import Catalogue

__all__ = ["read"]


@checked()
def read(
    source: Source,
    *,
    edition: str = "",
    map: Path | str | None = None,  # noqa: A002  as the option is called
    preset: str = "",
    evidence: Path | str | pd.DataFrame | None = None,
) -> Catalogue:
    """Read a catalogue and fill what it leaves open.

    Parameters
    ----------
    source : path, str, pandas.DataFrame, list of dict, dict or Catalogue
        As for :meth:`carbon.study.Study.catalogue`.
    edition : str
        Whose words, places and archetypes; the default edition without.
    map, preset
        As for :class:`carbon.study.Study`.
    evidence : path or pandas.DataFrame
        Documents behind its cells, as for :class:`carbon.study.Study`.

    Returns
    -------
    Catalogue

    Raises
    ------
    carbon.base.errors.CatalogueError
        If the file as a whole cannot be read.

    Examples
    --------
    >>> from carbon import read
    >>> read({"sku": "A", "category": "t_shirt", "mass": "180 g"})
    Catalogue(1 SKU, 0 left out, 0 problems)
    """
    from carbon.background.edition import DEFAULT_EDITION
    from carbon.study import Study

    study = Study(edition or DEFAULT_EDITION, map=map, preset=preset, evidence=evidence)
    return study.catalogue(source)
