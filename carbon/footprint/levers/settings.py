"""Reads a setting, gives any number of the catalogue changed by points, percent or amount."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np

from carbon.base import units
from carbon.base.arrays import Flags, Floats
from carbon.base.errors import StudyError
from carbon.base.terms import STAGES
from carbon.catalogue.columns import COLUMNS, LINE_COLUMNS, Column
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import Book, Change
from carbon.footprint.levers.returns import with_return_rate
from carbon.stages.air import PLANE

__all__ = ["SETTABLE", "Setting", "parse"]

NUMERIC: Final = ("price", "count", "share", *units.BASE_UNITS)
OUTPUTS: Final = {"session_kwh": "studio_kwh"}
"""Columns of a filled catalogue that hold a column under another name."""

TABLES: Final = {
    "materials": ("recycled",),
    "packaging": ("mass", "recycled"),
    "legs": ("distance",),
}
"""Columns of lines that can be set, as ``packaging.mass``."""

AIR_SHARE: Final = "air_share"
SETTABLE: Final[dict[str, Column]] = {
    **{name: column for name, column in COLUMNS.items() if column.kind in NUMERIC},
    **{
        f"{table}.{name}": LINE_COLUMNS[table][name]
        for table, names in TABLES.items()
        for name in names
    },
    AIR_SHARE: Column("share", "", "share of dispatches on a chain with a flight"),
}
"""Columns that can be set."""

TOUCHES: Final[dict[str, tuple[str, ...]]] = {
    "price": (),
    "units_sold": (),
    "return_rate": ("live_session", "returns"),
    "resale_share": ("returns",),
    "packaging_reuse": ("returns",),
    "session_kwh": ("live_session",),
    "viewer_hours": ("live_session",),
    "energy_per_year": ("use",),
    "service_life": ("use",),
    "materials.recycled": ("materials", "returns"),
    "packaging.mass": ("packaging", "distribution", "returns", "end_of_life"),
    "packaging.recycled": ("packaging", "returns"),
    "legs.distance": ("distribution", "returns"),
    "pickup_km": ("distribution", "returns"),
    AIR_SHARE: ("distribution", "returns"),
}
"""Stages that can differ; a column that is not here can change all of them."""

_SIGNS: Final = str.maketrans({"−": "-", "–": "-", "＋": "+", "－": "-", "％": "%"})
_SETTING: Final = re.compile(
    r"^\s*(?P<column>[A-Za-z_.]+)\s*=\s*(?P<sign>[+-]?)\s*"
    r"(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)\s*(?P<unit>.*?)\s*$"
)
_POINTS: Final = frozenset({"pt", "pts", "pp", "points", "个百分点", "个点"})


@dataclass(frozen=True)
class Setting:
    """A change of one column.

    - ``column``: a key of :data:`SETTABLE`
    - ``way``: ``to`` an amount, ``add`` an amount or ``times`` a factor
    - ``amount``: in base units
    """

    column: str
    way: str
    amount: float

    @property
    def touches(self) -> tuple[str, ...]:
        """Stages that can differ."""
        return TOUCHES.get(self.column, STAGES)

    def __call__(self, values: Floats) -> Floats:
        """New values."""
        if self.way == "to":
            return np.full_like(values, self.amount)
        return values + self.amount if self.way == "add" else values * self.amount

    def possible(self, values: Floats) -> Flags:
        """Whether the column can hold values; an unknown one counts as possible."""
        spec = SETTABLE[self.column]
        with np.errstate(invalid="ignore"):
            bad = ~np.isfinite(values) & ~np.isnan(values) | (values < 0)
            if spec.kind == "share":
                bad |= values > spec.limit
            if spec.positive or self.column == "packaging.mass":
                bad |= values <= 0
            return ~(bad | (values < spec.least))

    def pull(self, catalogue: Catalogue, book: Book) -> Change:
        """Change the column of a filled catalogue.

        Not for SKUs whose value is unknown (unless an amount is set), is so already, or would
        become impossible: a negative rate, a mass of nothing (S024).
        """
        if self.column == AIR_SHARE:
            return self._air(catalogue)
        if "." in self.column:
            return self._lines(catalogue)
        output = OUTPUTS.get(self.column, SETTABLE[self.column].output)
        skus = catalogue.skus
        old = skus[output].to_numpy(dtype=np.float64)
        new = self(old)
        change = Change.of(
            catalogue,
            ("unknown", np.isnan(new)),
            ("S024", ~self.possible(new)),
            ("same", new == old),
        )
        new = np.where(change.applies, new, old)
        if self.column == "return_rate":
            return change.with_tables(skus=with_return_rate(skus, new))
        tables = {"skus": skus.assign(**{output: new})}
        if self.column == "mass":
            lines = catalogue.materials
            row = lines["row"].to_numpy()
            ratio = np.where(change.applies, new / np.where(old > 0, old, 1.0), 1.0)
            tables["materials"] = lines.assign(mass_kg=lines["mass_kg"].to_numpy() * ratio[row])
        if self.column == "units_per_parcel":
            lines = catalogue.packaging
            row = lines["row"].to_numpy()
            share = lines["share"].to_numpy()
            # only pieces of the parcel are shared; where one unit fills it, the item must say so
            items = book.items
            parcel = set(items.index[items["level"] == "parcel"])
            moved = lines["item"].isin(parcel).to_numpy() & change.applies[row]
            tables["packaging"] = lines.assign(share=np.where(moved, 1 / new[row], share))
        return change.with_tables(**tables)

    def _lines(self, catalogue: Catalogue) -> Change:
        """Change a column of lines; a SKU with one impossible line stays as it is."""
        table, _, name = self.column.partition(".")
        lines = getattr(catalogue, table)
        output = LINE_COLUMNS[table][name].output
        row = lines["row"].to_numpy()
        old = lines[output].to_numpy(dtype=np.float64)
        has = ~np.isnan(old)
        if self.column == "packaging.mass":
            has &= old > 0
        if output == "recycled_share":
            has &= lines["recycled"].array.codes >= 0
        new = np.where(has, self(old), old)
        bad = has & ~self.possible(new)

        def any_of(flags: Flags) -> Flags:
            return np.asarray(np.bincount(row[flags], minlength=len(catalogue)) > 0)

        change = Change.of(
            catalogue,
            ("unknown", ~any_of(has)),
            ("S024", any_of(bad)),
            ("same", ~any_of(has & (new != old))),
        )
        new = np.where(change.applies[row], new, old)
        return change.with_tables(**{table: lines.assign(**{output: new})})

    def _air(self, catalogue: Catalogue) -> Change:
        """Change the share of chains with a flight; the other chains make room in proportion."""
        legs = catalogue.legs
        row, share = legs["row"].to_numpy(), legs["chain_share"].to_numpy()
        returning = legs["returning"].to_numpy(dtype=bool)
        activity = legs["activity"].array
        plane = np.array([*(str(a).startswith(PLANE) for a in activity.categories), False])
        key = (row.astype(np.int64) * 2 + returning) * 4096 + legs["chain"].to_numpy()
        chain, first, of = np.unique(key, return_index=True, return_inverse=True)
        flies = np.bincount(of, plane[activity.codes], len(chain)) > 0
        way = chain // 4096
        size = 2 * len(catalogue)
        total = np.bincount(way, share[first], size).astype(np.float64)
        air = np.bincount(way, share[first] * flies, size).astype(np.float64)
        some = np.bincount(way, minlength=size) > 0
        outward = air[::2]
        new = self(outward)
        # each way needs a chain of the kind that is to grow
        stuck = some & (((air == 0) & (new > 0).repeat(2)) | ((air == total) & (new < 1).repeat(2)))
        change = Change.of(
            catalogue,
            ("S024", ~self.possible(new)),
            ("same", new == outward),
            ("one-way", stuck.reshape(-1, 2).any(axis=1)),
        )
        target = np.where(change.applies, new, outward).repeat(2)
        with np.errstate(divide="ignore", invalid="ignore"):
            up = np.where(air > 0, target / air, 1.0)
            down = np.where(total > air, (total - target) / (total - air), 1.0)
        factor = np.where(flies, up[way], down[way])[of]
        scaled = np.where(change.applies[row], share * factor, share)
        return change.with_tables(legs=legs.assign(chain_share=scaled))


def parse(text: str, book: Book) -> Setting:
    """Understand a setting.

    ``return_rate=-15pt`` (points, of a share), ``mass=-10%`` (of the value), ``mass=180 g`` or
    ``resale_share=80%`` (to an amount), ``legs.distance=+50 km`` (more by an amount). S022 if it is
    not understood, S023 if the column cannot be set, S024 if no SKU could have the value.

    >>> from carbon.study import Study
    >>> book = Book.of(Study().edition.levers, Study().vocabulary)
    >>> parse("return_rate=-15pt", book)
    Setting(column='return_rate', way='add', amount=-0.15)
    >>> parse("mass=180 g", book)
    Setting(column='mass', way='to', amount=0.18)
    """
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    column = plain.partition("=")[0].strip()
    if column not in SETTABLE:
        raise StudyError("S023", f"known: {', '.join(SETTABLE)}", value=column)
    matched = _SETTING.match(plain)
    if matched is None:
        raise StudyError("S022", value=text)
    spec = SETTABLE[column]
    sign = -1.0 if matched["sign"] == "-" else 1.0
    amount, unit = float(matched["number"]), matched["unit"]
    share = spec.kind == "share"
    if unit.lower() in _POINTS:
        if not share or not matched["sign"]:
            raise StudyError("S022", "points need a sign and a share, as -15pt", value=text)
        setting = Setting(column, "add", sign * amount / 100)
    elif unit == "%" and matched["sign"]:
        setting = Setting(column, "times", 1 + sign * amount / 100)
    elif unit == "%" and not share:
        raise StudyError("S022", "write -10% or +10%, or an amount with its unit", value=text)
    elif unit == "%":
        setting = Setting(column, "to", amount / 100)
    else:
        factor = _factor(spec, unit, book, text)
        if share and matched["sign"]:
            raise StudyError("S022", "write -15pt for points, -15% of the value", value=text)
        way = "add" if matched["sign"] else "to"
        setting = Setting(column, way, sign * amount * factor)
    if setting.way == "to" and not setting.possible(np.array([setting.amount]))[0]:
        raise StudyError("S024", value=text)
    if setting.way == "times" and setting.amount < 0:
        raise StudyError("S024", value=text)
    return setting


def _factor(spec: Column, unit: str, book: Book, text: str) -> float:
    """What one of the unit is in the base unit of the column."""
    if spec.kind not in units.BASE_UNITS:
        if unit:
            raise StudyError("S022", "this column has no unit", value=text)
        return 1.0
    name = unit or spec.implied
    if not name:
        raise StudyError("S022", "the unit is missing, as 180 g", value=text)
    scale = units.scale(name, spec.kind, book.vocabulary.unit_words)
    if scale.code:
        raise StudyError("S022", f"unit {name!r}", value=text)
    return float(scale(np.array([1.0]))[0])
