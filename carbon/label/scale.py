"""Reads ratios to a reference, gives letters with their probability.

The letter is the likeliest one. It stands alone where it holds in nine of ten draws, else as one
end of the shortest range of neighbouring letters that does, at most two wide, else there is none. A
letter better than the middle must not rest on cells that are outside what is believed of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon.background.edition import Edition
from carbon.base.arrays import Flags, Floats
from carbon.base.errors import FactorsError
from carbon.footprint.evidence import EVIDENCE
from carbon.footprint.plausible import PARTS, Plausible
from carbon.footprint.result import Footprints
from carbon.footprint.spend import BY_PRICE, is_spent
from carbon.footprint.supplied import supplier_kg
from carbon.label.reasons import Codes, contributions, evidence_of, reasons_of, worse

__all__ = ["GRADE_COLUMNS", "STATES", "Scale", "grade", "lettered", "scale_of"]

STATES: Final = ("sure", "range", "estimate", "withheld", "unknown", "not_applicable")
"""States of a label, each with a design of its own: a letter; two neighbouring letters; a category
estimate without a letter; a letter that is withheld; no footprint; nothing to compare with."""

SURE, RANGE, ESTIMATE, WITHHELD, UNKNOWN, NOT_APPLICABLE = range(len(STATES))

GRADE_COLUMNS: Final = (
    "functional_quantity",
    "unit",
    "kg_per_unit",
    "size_class",
    "reference_kg",
    "ratio",
    "ratio_gsd",
    "letter",
    "letter_best",
    "letter_worst",
    "letter_text",
    "letter_probability",
    "state",
    "reason",
    "why",
    "dear_kg",
    "supplier_kg",
    "evidence",
    "documented_share",
    "reference",
)
"""Columns that :func:`grade` adds to those of a result."""

NEEDED: Final = {"mass": "J004", "materials": "J005", "packaging": "J006"}
"""Part without which there is no letter → the code that says so."""

FELT: Final = 0.01
"""Share of the reference from which cells that are not believed are said to decide a letter."""

BETWEEN: Final = "–"
"""Between the two letters of a range."""


@dataclass(frozen=True)
class Scale:
    """Letters with their bounds.

    Parameters
    ----------
    letters : tuple of str
        The best first.
    bounds : ndarray of float64, shape (letters - 1,)
        Largest ratio to the reference that each letter but the last takes [1].
    confidence : float
        Probability from which a letter is printed as sure [1].
    validity : float
        How long a label stands [year].
    least_skus : int
        SKUs that a category needs before their mean is a reference [1].
    widest : int
        Letters that a range may hold [1].
    tolerance : float
        Share by which a ratio may miss a bound and still belong to the better letter [1].
    largest : tuple of float
        Largest share of one SKU, and of one merchant, in a platform's own reference [1].

    Examples
    --------
    >>> from carbon import Study
    >>> Study().scale.letters[0]
    'A'
    """

    letters: tuple[str, ...]
    bounds: Floats
    confidence: float
    validity: float
    least_skus: int
    widest: int = 2
    tolerance: float = 1e-9
    largest: tuple[float, float] = (1.0, 1.0)

    def letter(self, ratio: Floats) -> npt.NDArray[np.intp]:
        """Position of the letter of each ratio; a bound belongs to the better letter.

        Parameters
        ----------
        ratio : ndarray of float64
            Footprint over reference [1].

        Returns
        -------
        ndarray of int
            Positions in ``letters``; -1 where the ratio is unknown.

        Examples
        --------
        >>> scale = Scale(("A", "B", "C"), np.array([0.6, 1.0]), 0.9, 2.0, 5)
        >>> scale.letter(np.array([0.6, 0.6000001, 1.0000000000000002, 7.0, np.nan])).tolist()
        [0, 1, 1, 2, -1]
        """
        place = np.searchsorted(self.reach, ratio, side="left")
        return np.where(np.isnan(ratio), -1, place)

    @property
    def reach(self) -> Floats:
        """Bounds with the tolerance of rounding."""
        return self.bounds * (1 + self.tolerance)

    @property
    def middle(self) -> int:
        """Position of the letter of the reference itself."""
        return int(self.letter(np.array([1.0]))[0])

    def ranges(
        self, share: Floats
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The likeliest letter, and the shortest range that is sure enough.

        Parameters
        ----------
        share : ndarray of float64, shape (n, letters)
            Probability of each letter.

        Returns
        -------
        likeliest, best, worst : ndarray of int, shape (n,)
            Positions in ``letters``; of equally likely letters the worse; ``best`` and ``worst``
            are -1 where no range of at most ``widest`` letters is sure enough, all are -1 where
            nothing is known.

        Examples
        --------
        >>> scale = Scale(("A", "B", "C"), np.array([0.6, 1.0]), 0.9, 2.0, 5)
        >>> chances = np.array([[0.02, 0.95, 0.03], [0.5, 0.45, 0.05], [0.3, 0.3, 0.4]])
        >>> [part.tolist() for part in scale.ranges(chances)]
        [[1, 0, 2], [1, 0, -1], [1, 1, -1]]
        """
        count = share.shape[1]
        known = ~np.isnan(share).any(axis=1)
        filled = np.nan_to_num(share)
        likeliest = count - 1 - np.argmax(filled[:, ::-1], axis=1)
        likeliest = np.where(known, likeliest, -1)
        best = np.full(len(share), -1)
        worst = np.full(len(share), -1)
        sums = np.cumsum(np.column_stack([np.zeros(len(share)), filled]), axis=1)
        for width in range(1, self.widest + 1):
            widths = sums[:, width:] - sums[:, :-width]
            # of equally sure ranges the worse
            first = widths.shape[1] - 1 - np.argmax(widths[:, ::-1], axis=1)
            enough = widths[np.arange(len(share)), first] >= self.confidence - self.tolerance
            now = known & enough & (best < 0)
            best[now], worst[now] = first[now], first[now] + width - 1
        return likeliest, best, worst


def scale_of(edition: Edition) -> Scale:
    """The scale of an edition, from its tables ``scale`` and ``scale_parameters``.

    F018 if the bounds do not ascend, or a parameter is missing or out of its range.

    >>> from carbon.background.edition import load_edition
    >>> scale = scale_of(load_edition("2026.2"))
    >>> "".join(scale.letters), scale.bounds.tolist(), scale.confidence
    ('ABCDE', [0.54, 0.82, 1.22, 1.84], 0.9)
    """
    table = edition.scales["scale"]
    stated = edition.scales["scale_parameters"].set_index("parameter")["value"]
    upper = table["upper"].to_numpy(dtype=np.float64)
    bounds, source = upper[:-1], str(table["source"].iloc[0])
    ascending = len(upper) > 1 and np.isnan(upper[-1]) and bool(np.all(np.diff(bounds) > 0))
    if not ascending or not bounds[0] > 0 or table["letter"].duplicated().any():
        raise FactorsError("F018", "letters and bounds", file=source)
    usual = {"widest_range": 2.0, "tolerance": 1e-9}
    usual |= {"largest_sku_share": 1.0, "largest_merchant_share": 1.0}
    ranges = {
        "confidence": (0.5, 1),
        "validity": (0, 10),
        "least_skus": (1, 1000),
        "widest_range": (1, len(upper)),
        "tolerance": (0, 1e-3),
        "largest_sku_share": (1e-6, 1),
        "largest_merchant_share": (1e-6, 1),
    }
    value: dict[str, float] = {}
    for name, (low, high) in ranges.items():
        number = stated.get(name, usual.get(name, np.nan))
        if not low <= float(number) <= high:
            raise FactorsError("F018", f"from {low} to {high}", file=source, value=name)
        value[name] = float(number)
    return Scale(
        tuple(table["letter"].astype(str)),
        bounds,
        value["confidence"],
        value["validity"],
        int(value["least_skus"]),
        int(value["widest_range"]),
        value["tolerance"],
        (value["largest_sku_share"], value["largest_merchant_share"]),
    )


def grade(
    footprints: Footprints,
    scale: Scale,
    reference: str,
    *,
    stages: bool = False,
    plausible: Plausible | None = None,
) -> pd.DataFrame:
    """Grade footprints that were held against references, with the id of these.

    With ``stages`` the bounds of each stage too, as labels print them; without ``plausible`` all
    cells are believed. Given are the columns of :meth:`Footprints.to_frame` and
    :data:`GRADE_COLUMNS`. ``letter`` is the likeliest one and ``letter_probability`` the share of
    the draws that give it; ``letter_best`` and ``letter_worst`` are the ends of the shortest range
    that is sure enough and ``letter_text`` is how it is printed; all are empty but in the states
    ``sure`` and ``range``. ``reason`` has the codes that say why there is no sure letter and which
    cells are not believed; ``why`` the told facts that move the ratio most, as
    ``packaging:-6;returns:+14`` [%].
    """
    assert footprints.standing is not None
    frame = footprints.to_frame(stages=stages)
    standing, total = footprints.standing, footprints.total
    with np.errstate(divide="ignore"):
        ratio = total / standing.reference
    spent = is_spent(footprints.catalogue)
    ratio[spent] = np.nan  # what is counted by its price is compared with nothing
    n = len(frame)
    chance = np.diff(
        np.column_stack([np.zeros(n), standing.below, np.ones(n)]), axis=1
    )  # NaN where nothing was drawn
    likeliest, best, worst = scale.ranges(chance)
    unknown, without = np.isnan(total), np.isnan(standing.reference)
    undrawn = np.isnan(chance).any(axis=1)
    parts = contributions(footprints)
    stated = plausible.stated if plausible is not None else np.ones((n, len(PARTS)), dtype=bool)
    if plausible is not None:
        without |= ~plausible.graded
    codes = Codes(n)
    codes.add("J002", np.isnan(standing.reference) & ~unknown)
    codes.add(BY_PRICE, spent)
    codes.add("J007", without & ~np.isnan(standing.reference) & ~unknown)
    untold = np.zeros(n, dtype=bool)
    if plausible is not None:
        for part, code in NEEDED.items():
            gap = ~stated[:, PARTS.index(part)]
            if part == "mass":
                gap = ~_quantity_told(footprints, gap)
            codes.add(code, gap & ~unknown & ~without)
            untold |= gap
        untold |= plausible.vague
    codes.add("J001", undrawn & ~unknown & ~without)
    doubted = np.zeros(n, dtype=bool)
    if plausible is not None:
        flattery = np.where(plausible.outside, np.minimum(np.nan_to_num(parts), 0.0), 0.0)
        flattery = flattery.sum(axis=1)
        better = (likeliest >= 0) & (likeliest < scale.middle)
        honest = ratio - flattery, standing.gsd
        flattered = better & (flattery < -FELT) & worse(scale, honest, (best, worst))
        better |= (best >= 0) & (best < scale.middle)  # a range that reaches above it too
        unnamed = better & plausible.unnamed & ~plausible.wrong
        gaining = better & plausible.gaining & ~plausible.wrong
        doubted = flattered | plausible.wrong | unnamed | gaining
        doubted &= ~(unknown | without | untold)
        codes.add("C278", doubted & unnamed)
        codes.add("C285", doubted & gaining)
        codes.add("C277", doubted & flattered & plausible.placed & ~plausible.wrong)
    codes.add("J008", doubted)
    wide = (best < 0) & ~(unknown | without | untold | undrawn | doubted)
    codes.add("J003", wide)
    state = np.select(
        [unknown, without, untold | undrawn, doubted | wide, best == worst],
        [UNKNOWN, NOT_APPLICABLE, ESTIMATE, WITHHELD, SURE],
        default=RANGE,
    )
    shown = (state == SURE) | (state == RANGE)
    names = pd.Index(["", *scale.letters])
    frame["functional_quantity"], frame["unit"], frame["size_class"] = _quantities(footprints)
    frame["kg_per_unit"] = total / frame["functional_quantity"].to_numpy(dtype=np.float64)
    frame["reference_kg"], frame["ratio"] = standing.reference, ratio
    frame["ratio_gsd"] = standing.gsd
    for name, position in (("letter", likeliest), ("letter_best", best), ("letter_worst", worst)):
        frame[name] = pd.Categorical.from_codes(np.where(shown, position + 1, 0), categories=names)
    frame["letter_text"] = _text(scale, best, worst, shown)
    at = np.arange(n), np.maximum(likeliest, 0)
    frame["letter_probability"] = np.where(likeliest < 0, np.nan, chance[at])
    frame["state"] = pd.Categorical.from_codes(state, categories=pd.Index(STATES))
    reason = codes.words(plausible.codes if plausible is not None else None)
    frame["reason"] = pd.Series(reason).mask(pd.Series(unknown), frame["problem"].astype("object"))
    frame["why"] = reasons_of(parts, stated)
    frame["dear_kg"] = standing.dear_kg
    frame["supplier_kg"] = supplier_kg(footprints.catalogue)
    lowest, share = evidence_of(footprints, plausible)
    frame["evidence"] = pd.Categorical.from_codes(
        np.where(unknown, -1, lowest), categories=pd.Index(EVIDENCE)
    )
    frame["documented_share"] = np.where(unknown, np.nan, share)
    frame["reference"] = pd.Categorical.from_codes(
        np.zeros(n, dtype=np.int8), categories=pd.Index([reference])
    )
    return frame[[name for name in frame if name not in GRADE_COLUMNS] + list(GRADE_COLUMNS)]


def lettered(table: pd.DataFrame, reference_kg: pd.Series, scale: Scale) -> pd.DataFrame:
    """Letters before and after a change, of a table ``category before_kg after_kg``.

    They are those of the central ratios, whatever their probability; empty where there is none.
    ``reference_kg`` is by category, or by row of the table where its index is that of the table [kg
    CO2e per kept unit].
    """
    by_row = reference_kg.index.equals(table.index) and reference_kg.index.name != "category"
    reference = (
        reference_kg.to_numpy(dtype=np.float64)
        if by_row
        else table["category"].astype("object").map(reference_kg).to_numpy(dtype=np.float64)
    )
    names = pd.Index(["", *scale.letters])
    changed = table.copy(deep=False)
    for when in ("before", "after"):
        position = scale.letter(table[f"{when}_kg"].to_numpy(dtype=np.float64) / reference)
        changed[f"letter_{when}"] = pd.Categorical.from_codes(position + 1, categories=names)
    return changed


def _text(scale: Scale, best: Any, worst: Any, shown: Any) -> npt.NDArray[np.object_]:
    """Each range as it is printed."""
    letters = np.array([*scale.letters, ""], dtype=object)
    pair = np.where(best == worst, letters[best], letters[best] + BETWEEN + letters[worst])
    text: npt.NDArray[np.object_] = np.where(shown, pair, "")
    return text


def _quantity_told(footprints: Footprints, gap: Flags) -> Flags:
    """Whether the merchant told the quantity by which the category compares, and its mass."""
    skus = footprints.catalogue.skus
    if "quantity_told" not in skus:
        return ~gap
    return skus["quantity_told"].to_numpy(dtype=bool) & ~gap


def _quantities(footprints: Footprints) -> tuple[Floats, pd.Series, pd.Series]:
    """Functional quantity, its unit and the size class; one sales unit where there is none."""
    skus = footprints.catalogue.skus
    n = len(skus)
    if "functional_quantity" not in skus:
        nothing = pd.Series(np.full(n, "", dtype=object))
        return np.ones(n), pd.Series(np.full(n, "kept unit", dtype=object)), nothing
    amount = skus["functional_quantity"].to_numpy(dtype=np.float64)
    return amount, skus["unit"].reset_index(drop=True), skus["size_class"].reset_index(drop=True)
