"""Reads functions and plug-ins of a user, gives levers that a what-if takes by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base.arguments import refusal
from carbon.base.errors import StudyError
from carbon.base.terms import STAGES
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import Book, Change, Lever
from carbon.footprint.streams import with_keys

__all__ = ["GROUP", "lever", "of_function", "registered"]

GROUP: Final = "carbon.levers"
"""Entry points of this group name functions made by :func:`lever`."""

Function = Callable[[Catalogue], "Catalogue | Change"]

_registered: dict[str, Lever] = {}


def lever(
    name: str, touches: tuple[str, ...] | str = STAGES, title: str = "", title_zh: str = ""
) -> Callable[[Function], Lever]:
    """Make a function a lever that ``carbon whatif`` and ``Study.what_if`` take by its name.

    Parameters
    ----------
    name : str
        As it is asked for: small letters, digits and hyphens.
    touches : tuple of str
        Stages that can differ, of :data:`carbon.base.terms.STAGES`; the others are taken from the
        footprint before.
    title, title_zh : str
        Name in English and Chinese; the name without.

    Returns
    -------
    callable
        From a function to a :class:`Lever`. The function takes a filled catalogue and gives the
        changed one: the same SKUs in the same order. Where nothing differs the lever does not
        apply; a function that knows why gives a ``Change``.

    Raises
    ------
    carbon.base.errors.StudyError
        S027 if the name is taken or not well formed, or a stage is not known.

    Notes
    -----
    A package offers levers to everyone who installs it by entry points of the group
    ``carbon.levers``; they are loaded when one of their names is asked for, and never join a
    what-if unasked, so that what is installed changes no result.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from carbon import Study, lever
    >>> @lever("half-the-returns", touches=("live_session", "returns"), title="Half the returns")
    ... def half(catalogue):
    ...     skus = catalogue.skus.assign(return_rate=catalogue.skus["return_rate"] / 2)
    ...     return replace(catalogue, skus=skus)
    >>> table = Study().what_if({"sku": "A", "category": "t_shirt"}, [half])
    >>> bool(table["saved_kg"][0] > 0)
    True
    """
    if (
        not isinstance(name, str)
        or not name
        or not name.replace("-", "").isalnum()
        or name != name.lower()
    ):
        raise StudyError("S027", "a name has small letters, digits and hyphens", value=str(name))
    touches = (touches,) if isinstance(touches, str) else touches
    if not isinstance(touches, Iterable):
        raise StudyError("S027", f"stages are {', '.join(STAGES)}", value=str(touches))
    unknown = sorted(set(touches) - set(STAGES))
    if unknown:
        raise StudyError("S027", f"stages are {', '.join(STAGES)}", value=unknown[0])

    def made(function: Function) -> Lever:
        if not callable(function):
            raise refusal("function", function, "call")
        ready = of_function(function, name, tuple(touches), (title or name, title_zh or name))
        _registered[name] = ready
        return ready

    return made


def of_function(
    function: Function,
    name: str = "",
    touches: tuple[str, ...] = STAGES,
    words: tuple[str, str] | None = None,
) -> Lever:
    """A lever of a function, as for :func:`lever`, without a place in the register.

    >>> of_function(lambda catalogue: catalogue, "nothing").name
    'nothing'
    """
    name = name or getattr(function, "__name__", "lever").replace("_", "-")

    def pull(catalogue: Catalogue, _book: Book) -> Change:
        try:
            result = function(with_keys(catalogue))
        except StudyError:
            raise
        except Exception as error:  # a stranger's function raises what it likes
            raise StudyError(
                "S027", f"{type(error).__name__}: {error}"[:200], value=name
            ) from error
        changed = result.catalogue if isinstance(result, Change) else result
        if not isinstance(changed, Catalogue):
            raise StudyError("S027", f"it gave {type(result).__name__}", value=name)
        if changed.skus["sku"].tolist() != catalogue.skus["sku"].tolist():
            raise StudyError("S027", "it gave other SKUs", value=name)
        if isinstance(result, Change):
            return result
        unchanged = ("same", _sums(catalogue) == _sums(changed))
        return Change(changed, Change.of(catalogue, unchanged).reason)

    return Lever(name, pull, touches, words or (name, name))


def registered(name: str) -> Lever | None:
    """A lever by its name: one that was made here, else one of an installed package.

    S027 if the package that offers it cannot be loaded, or offers something else.

    >>> registered("nobody-made-this") is None
    True
    """
    if name in _registered:
        return _registered[name]
    for entry in entry_points(group=GROUP, name=name):
        try:
            offered: Any = entry.load()
        except Exception as error:  # whatever an installed package raises while it is imported
            detail = f"{entry.value}: {type(error).__name__}: {error}"[:200]
            raise StudyError("S027", detail, value=name) from error
        if not isinstance(offered, Lever):
            raise StudyError("S027", f"{entry.value} is not made by carbon.lever", value=name)
        return offered
    return None


def _sums(catalogue: Catalogue) -> npt.NDArray[np.uint64]:
    """64 bits of all cells of each SKU and its lines."""
    sums = _hashes(catalogue.skus.drop(columns="problem"))
    for table in (catalogue.materials, catalogue.packaging, catalogue.legs):
        np.add.at(sums, table["row"].to_numpy(dtype=np.int64), _hashes(table))
    return sums


def _hashes(table: pd.DataFrame) -> npt.NDArray[np.uint64]:
    hashed = pd.util.hash_pandas_object(table, index=False)
    return np.array(hashed.to_numpy(dtype=np.uint64), copy=True)
