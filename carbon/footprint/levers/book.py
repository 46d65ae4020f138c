"""Reads sizes and swaps of an edition, gives catalogues with lines that a lever changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.base import units
from carbon.base.arguments import refusal
from carbon.base.arrays import Flags
from carbon.base.errors import StudyError
from carbon.catalogue.schema import Catalogue, Vocabulary
from carbon.catalogue.tables import CodedTable
from carbon.catalogue.templates import cold_categories

__all__ = ["REASONS", "Book", "Change", "Lever", "put"]

Integers = npt.NDArray[np.integer[Any]]

REASONS: Final[dict[str, tuple[str, str]]] = {
    "": ("applies", "适用"),
    "failed": ("the SKU could not be computed", "该商品无法计算"),
    "no-air": ("no part of it flies", "没有航空运输"),
    "abroad": ("it crosses a border", "运输跨境"),
    "near": ("no haul is longer than the last haul", "没有长于末段的干线"),
    "no-van": ("no diesel van carries it", "没有柴油厢式货车"),
    "no-box": ("its parcel has no box", "快递包装中没有纸箱"),
    "not-soft": ("a bag would not protect this category", "该类目不宜用快递袋"),
    "no-lighter": ("the new piece is no lighter", "新包装并不更轻"),
    "no-packaging": ("it has no packaging of its own", "没有自带包装"),
    "no-source": ("no material has a recycled source", "没有可用的再生来源"),
    "recycled": ("its recycled content is as high already", "再生比例已达到"),
    "not-worn": ("it is not worn, so it does not fail to fit", "非穿戴类，与合身无关"),
    "no-returns": ("none comes back", "没有退货"),
    "never-resold": ("returns of this kind are never sold again", "此类退货不再销售"),
    "resold": ("as many are sold again already", "二次销售率已达到"),
    "no-studio": ("no studio electricity is counted", "没有直播间用电"),
    "renewable": ("the studio is as renewable already", "直播间绿电比例已达到"),
    "unknown": ("the value to be changed is unknown", "被改动的数值未知"),
    "same": ("the value is so already", "数值本来如此"),
    "one-way": ("it has no chain of the other kind", "没有另一类运输链"),
    "S024": ("the new value is impossible (S024)", "新数值不可能（S024）"),
}
"""Reason code → why a lever does not apply, in English and Chinese; the first: it does."""

_CODES: Final = {name: position for position, name in enumerate(REASONS)}
_SIZE: Final = re.compile(r"^\s*([a-z_]+)\s*=\s*([0-9.]+)\s*(%|pt|\w*)\s*$")


@dataclass(frozen=True)
class Change:
    """What a lever made of a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        The same SKUs in the same order.
    reason : ndarray of int8, shape (n,)
        Position in :data:`REASONS`; 0 where the lever applies.

    Examples
    --------
    >>> from carbon import Change, Study
    >>> goods = Study().catalogue({"sku": "A", "category": "t_shirt"})
    >>> Change.of(goods, ("no-air", np.array([True]))).applies.tolist()
    [False]
    """

    catalogue: Catalogue
    reason: npt.NDArray[np.int8]

    @property
    def applies(self) -> Flags:
        """Whether the lever applies, by SKU."""
        applies: Flags = self.reason == 0
        return applies

    @classmethod
    def of(cls, catalogue: Catalogue, *whys: tuple[str, Flags]) -> Change:
        """The unchanged catalogue, with the first reason that holds for each SKU.

        Parameters
        ----------
        catalogue : Catalogue
            Failed SKUs get the reason ``failed`` before all others.
        *whys : tuple of (str, ndarray of bool)
            Reason code, and the SKUs for which it holds.
        """
        reason = np.zeros(len(catalogue), dtype=np.int8)
        failed = ("failed", catalogue.skus["failed"].to_numpy(dtype=bool))
        for name, holds in reversed([failed, *whys]):
            reason[holds] = _CODES[name]
        return cls(catalogue, reason)

    def with_tables(self, **tables: pd.DataFrame) -> Change:
        """The same reasons with other tables."""
        changed: Any = tables
        return Change(replace(self.catalogue, **changed), self.reason)


@dataclass(frozen=True, eq=False)
class Book:
    """What the edition says of levers.

    - ``levers``, ``lever_sizes``, ``lever_swaps``, ``lever_categories``: tables of the package
      ``carbon-levers``
    - ``vocabulary``: words and properties of packaging items and modes
    """

    levers: pd.DataFrame
    lever_sizes: pd.DataFrame
    lever_swaps: pd.DataFrame
    lever_categories: pd.DataFrame
    vocabulary: Vocabulary

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame], vocabulary: Vocabulary) -> Book:
        """The book of an edition's tables."""
        return cls(**tables, vocabulary=vocabulary)

    def words(self, lever: str) -> tuple[str, str]:
        """Name of a lever in English and in Chinese."""
        row = self.levers[self.levers["lever"] == lever].iloc[0]
        return str(row["name"]), str(row["name_zh"])

    def sizes(self, lever: str, setting: str = "") -> dict[str, float]:
        """Sizes of a lever in base units, points and percent as shares.

        The user's go before its own. They are written as ``trips=40`` or ``box_cut=20%,
        fill_cut=0.5``; S021 if a size is not understood or not positive, or a share above 1.
        """
        rows = self.lever_sizes[self.lever_sizes["lever"] == lever]
        unit = dict(zip(rows["parameter"], rows["unit"], strict=True))
        sizes = {
            str(name): _sized(float(value), str(unit[name]))
            for name, value in zip(rows["parameter"], rows["value"], strict=True)
        }
        most = dict(zip(rows["parameter"], rows["high"] <= 1, strict=True))
        for part in setting.split(",") if setting.strip() else ():
            number = _SIZE.match(part)
            if number is None or number[1] not in sizes:
                known = ", ".join(f"{name} [{unit[name]}]" for name in sizes) or "none"
                raise StudyError("S021", f"sizes of {lever}: {known}", value=part.strip())
            name = number[1]
            try:
                value = _sized(float(number[2]), number[3] or str(unit[name]))
            except ValueError:
                raise StudyError("S021", f"{name} of {lever}", value=part.strip()) from None
            share = unit[name] in ("pt", "%") or most[name]
            if not 0 < value <= (1.0 if share else np.inf) or (number[3] == "%" and not share):
                raise StudyError("S021", f"{name} of {lever}", value=part.strip())
            sizes[name] = value
        return sizes

    def swaps(self, lever: str, part: str) -> pd.DataFrame:
        """Columns ``from, to, mass_factor`` of one part of a lever."""
        table = self.lever_swaps
        return table[(table["lever"] == lever) & (table["part"] == part)]

    def categories(self, lever: str, catalogue: Catalogue) -> Flags:
        """Whether a lever applies to the category of each SKU."""
        table = self.lever_categories
        names = set(table.loc[table["lever"] == lever, "category"])
        return catalogue.skus["category"].isin(names).to_numpy(dtype=bool)

    def cold(self, catalogue: Catalogue) -> Flags:
        """Whether the category of each SKU is kept cold."""
        names = self.vocabulary.names("category")
        table = cold_categories(self.vocabulary)
        column = catalogue.skus["category"].array
        position = {name: at for at, name in enumerate(names.ids)}
        code = np.array([*(position.get(str(name), -1) for name in column.categories), -1])
        flags: Flags = table[code[column.codes]]
        return flags

    @cached_property
    def items(self) -> pd.DataFrame:
        """Packaging items with the sources of their material, by item."""
        table = self.vocabulary.packaging_items.set_index("item")
        materials = self.vocabulary.materials.set_index("material")
        for name in ("virgin", "recycled", "processing", "disposal"):
            table[name] = materials[name].reindex(table["material"]).to_numpy()
        return table

    @cached_property
    def modes(self) -> pd.DataFrame:
        """Modes by name, numbers as float."""
        table = self.vocabulary.modes.set_index("mode")
        modes = CodedTable.of(self.vocabulary, "modes")
        for name in ("beyond_km", "distance_factor", "distance_offset_km"):
            table[name] = modes.numbers(name)
        return table


@dataclass(frozen=True)
class Lever:
    """A lever or a setting that is ready to be pulled.

    Parameters
    ----------
    name : str
        As the user wrote it, without sizes that are the default.
    pull : callable
        From a filled catalogue and the book to the change.
    touches : tuple of str
        Stages that can differ.
    words : tuple of str
        Name in English and in Chinese.

    Examples
    --------
    >>> from carbon import lever
    >>> lever("as-it-is", title="As it is")(lambda catalogue: catalogue).words
    ('As it is', 'as-it-is')
    """

    name: str
    pull: Callable[[Catalogue, Book], Change]
    touches: tuple[str, ...]
    words: tuple[str, str]

    def __post_init__(self) -> None:
        if not callable(self.pull):
            raise refusal("pull", self.pull, "call")

    def __repr__(self) -> str:
        return f"Lever({self.name!r}, {self.words[0]!r})"


def _sized(value: float, unit: str) -> float:
    """A size in base units."""
    if unit in ("1", ""):
        return value
    if unit in ("pt", "%"):
        return value / 100
    scale = units.scale(unit, "distance")
    if scale.code:
        raise ValueError(unit)
    return float(scale(np.array([value]))[0])


def put(column: pd.Series, where: Integers, words: Sequence[Any], code: Integers) -> Any:
    """A categorical column with other words at some rows; an empty word or NaN stands for none.

    >>> column = pd.Series(["box", "tape"], dtype="category")
    >>> put(column, np.array([0]), ["bag"], np.array([0])).tolist()
    ['bag', 'tape']
    """
    old = column.array if isinstance(column.dtype, pd.CategoricalDtype) else pd.Categorical(column)
    categories = [str(word) for word in old.categories]
    position = {word: at for at, word in enumerate(categories)}
    table = np.empty(len(words), dtype=np.int64)
    for at, word in enumerate(words):
        none = not isinstance(word, str) or not word
        table[at] = -1 if none else position.setdefault(str(word), len(position))
    codes = old.codes.astype(np.int32)
    codes[where] = table[code]
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(position), dtype="str"))
