"""Reads returns, gives those unlike chance, apart, with their evidence.

Each buyer and each address is held against the rates of the merchants and categories it ordered
from: with p the mean of those rates, P(X ≥ k) of the binomial (n, p) is an upper bound of the
chance of k returns or more, because the sum of trials with different rates varies less (Hoeffding,
W. (1956), Annals of Mathematical Statistics 27(3), 713–721). The chance is multiplied by the number
of buyers (Bonferroni), so that the policy's figure holds for the whole list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from carbon.base.arrays import Flags, Floats, Integers
from carbon.base.words import text
from carbon.catalogue.ledger import MONEY
from carbon.incentive.pool_tiers import CENTS

__all__ = ["COLUMNS", "MerchantCells", "says", "suspects"]

COLUMNS = (
    *("kind", "name", "merchant", "orders", "returns", "expected_returns", "chance"),
    *("merchants", "buyers", "claims_cents", "reason", "reason_share"),
)
"""Columns of the list: what is suspected, and the evidence; those of the second line for buyers
and addresses only."""

_REASONS = 200
"""Reasons that are told apart; the rarer ones count as one."""


@dataclass(frozen=True)
class MerchantCells:
    """Merchants by category, and the orders that belong to them.

    - ``of``: cell of each order
    - ``merchant``, ``category``: of each cell
    - ``rate``: credible return rate of each cell [1]
    - ``low``: lower end of its credible interval [1]
    - ``prior_high``: rate that the prior of the category exceeds with the chance of the policy only
      [1]
    - ``orders``, ``returns``: n and k of each cell
    """

    of: Integers
    merchant: Integers
    category: Integers
    rate: Floats
    low: Floats
    prior_high: Floats
    orders: Integers
    returns: Integers


def suspects(
    frame: pd.DataFrame,
    claim: Floats,
    cells: MerchantCells,
    *,
    chance: float,
    least: int,
    same_reason: float,
) -> tuple[pd.DataFrame, Flags]:
    """List what is suspected (:data:`COLUMNS`), and mark its orders.

    ``claim`` of each order is in ten-thousandths, NaN where it is not told; ``chance`` is the
    probability of naming anyone if nobody cheats, for each kind of evidence [1]; nothing is said
    below ``least`` returns; from ``same_reason`` on, a share of one reason, a merchant is looked at
    [1]. Kinds ``buyer`` and ``address`` mark orders; ``merchant rate`` and ``merchant reason`` ask
    for a look at the merchant, whose orders stay.
    """
    returned = frame["returned"].to_numpy(dtype=bool)
    marked = np.zeros(len(frame), bool)
    parts = []
    for kind in ("buyer", "address"):
        if kind in frame:
            repeated, orders = _repeated(frame, kind, returned, cells, chance, least)
            parts.append(_with_evidence(repeated, frame, claim, kind, orders))
            marked |= orders
    parts.append(_beyond(frame, cells, least))
    if "reason" in frame:
        parts.append(_one_reason(frame, returned, cells, chance, least, same_reason))
    listed = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return listed.reindex(columns=list(COLUMNS)), marked


def says(listed: pd.DataFrame, lang: str) -> list[str]:
    """Sentences of a list of :func:`suspects`.

    >>> row = {"kind": "buyer", "name": "B1", "merchant": "", "orders": 9, "returns": 9,
    ...        "expected_returns": 2.5}
    >>> says(pd.DataFrame([row]), "en")
    ['buyer B1: 9 of 9 orders came back, 2.5 expected']
    """
    return [
        text(
            f"pool.suspect_{kind.replace(' ', '_')}",
            lang,
            name=name,
            merchant=merchant,
            orders=orders,
            returns=returns,
            expected=expected,
        )
        for kind, name, merchant, orders, returns, expected in listed[
            ["kind", "name", "merchant", "orders", "returns", "expected_returns"]
        ].itertuples(index=False, name=None)
    ]


def _with_evidence(
    listed: pd.DataFrame,
    frame: pd.DataFrame,
    claim: Floats,
    kind: str,
    orders: Flags,
) -> pd.DataFrame:
    """How many merchants and buyers, what was claimed, and the commonest reason."""
    if listed.empty:
        return listed
    rows = frame[orders]
    group = rows[kind].astype("str").to_numpy()
    table = listed.set_index("name")
    table["merchants"] = rows["merchant"].astype("str").groupby(group).nunique()
    if "buyer" in rows:
        table["buyers"] = rows["buyer"].astype("str").groupby(group).nunique()
    cents = np.nan_to_num(claim[orders]) / (MONEY // CENTS)
    table["claims_cents"] = pd.Series(cents).groupby(group).sum().round().astype("Int64")
    if "reason" in rows:
        reasons = rows["reason"].astype("object").where(rows["returned"].to_numpy(dtype=bool))
        counted = (
            pd.Series(group[reasons.notna()])
            .to_frame("name")
            .assign(reason=reasons[reasons.notna()].to_numpy())
        )
        counted = counted.value_counts().rename("count").reset_index()
        counted = counted.sort_values(["count", "reason"], ascending=[False, True])
        first = counted.drop_duplicates("name").set_index("name")
        table["reason"] = first["reason"]
        table["reason_share"] = first["count"] / table["returns"]
    return table.reset_index()


def _table(kind: str, names: Any, **columns: Any) -> pd.DataFrame:
    size = len(names)
    cells = {"kind": [kind] * size, "name": [str(name) for name in names]}
    return pd.DataFrame({**cells, "merchant": "", **columns}, index=range(size))


def _chance(returns: Floats, orders: Floats, rate: Floats, tests: int) -> Floats:
    """Chance of so many returns or more, multiplied by the number of tests."""
    tail = special.betainc(returns, orders - returns + 1, np.clip(rate, 1e-12, 1.0))
    chance: Floats = np.minimum(tail * tests, 1.0)
    return chance


def _repeated(
    frame: pd.DataFrame,
    kind: str,
    returned: Flags,
    cells: MerchantCells,
    chance: float,
    least: int,
) -> tuple[pd.DataFrame, Flags]:
    """Buyers or addresses with more returns than their orders explain."""
    names = frame[kind].cat.categories
    codes = frame[kind].cat.codes.to_numpy()
    back = np.bincount(codes[returned & (codes >= 0)], minlength=len(names))
    many = np.flatnonzero(back >= least)
    nothing = np.zeros(len(frame), bool)
    if not len(many):
        return _table(kind, []), nothing
    place = np.full(len(names) + 1, -1)
    place[many] = np.arange(len(many))
    at = place[codes]
    rows = np.flatnonzero(at >= 0)
    at = at[rows]
    orders = np.bincount(at, minlength=len(many)).astype(float)
    expected = np.bincount(at, cells.rate[cells.of[rows]], len(many))
    returns = back[many].astype(float)
    names_used = int((np.bincount(codes[codes >= 0], minlength=len(names)) > 0).sum())
    p = _chance(returns, orders, expected / orders, names_used)
    odd = p < chance
    merchants = frame["merchant"].cat.codes.to_numpy()[rows]
    only = _only(at, merchants, len(many))
    single = np.where(only >= 0, np.asarray(frame["merchant"].cat.categories)[only], "")
    named = np.flatnonzero(odd)
    order = named[np.lexsort((np.asarray(names[many[named]], str), -returns[named]))]
    table = _table(
        kind,
        names[many[order]],
        orders=orders[order].astype(np.int64),
        returns=returns[order].astype(np.int64),
        expected_returns=expected[order],
        chance=p[order],
    )
    table["merchant"] = single[order]
    nothing[rows[odd[at]]] = True
    return table, nothing


def _only(at: Integers, values: Any, size: int) -> Integers:
    """Value of each group if all its rows share it, else -1."""
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1, np.int64)
    np.minimum.at(low, at, values)
    np.maximum.at(high, at, values)
    return np.where(low == high, high, -1)


def _beyond(frame: pd.DataFrame, cells: MerchantCells, least: int) -> pd.DataFrame:
    """Merchants whose credible interval begins above what their category explains."""
    at = np.flatnonzero((cells.low > cells.prior_high) & (cells.returns >= least))
    merchant = np.asarray(frame["merchant"].cat.categories)[cells.merchant[at]]
    category = np.asarray(frame["category"].cat.categories)[cells.category[at]]
    table = _table(
        "merchant rate",
        category,
        orders=cells.orders[at],
        returns=cells.returns[at],
        expected_returns=cells.orders[at] * cells.prior_high[at],
        chance=np.nan,
    )
    table["merchant"] = merchant.astype(object)
    order = ["returns", "merchant", "name"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)


def _one_reason(
    frame: pd.DataFrame,
    returned: Flags,
    cells: MerchantCells,
    chance: float,
    least: int,
    share: float,
) -> pd.DataFrame:
    """Merchants nearly all of whose returns tell one reason that is rarer elsewhere."""
    codes = frame["reason"].cat.codes.to_numpy().astype(np.int64)
    rows = np.flatnonzero(returned & (codes >= 0))
    if not len(rows):
        return _table("merchant reason", [])
    counted = np.bincount(codes[rows], minlength=len(frame["reason"].cat.categories))
    common = np.argsort(-counted, kind="stable")[:_REASONS]
    short = np.full(len(counted), len(common))
    short[common] = np.arange(len(common))
    reason, kinds = short[codes[rows]], len(common) + 1
    merchant = cells.merchant[cells.of[rows]]
    category = cells.category[cells.of[rows]]
    merchants, categories = int(cells.merchant.max()) + 1, int(cells.category.max()) + 1
    by_category = np.bincount(category * kinds + reason, minlength=categories * kinds)
    shares = by_category.reshape(categories, kinds).astype(float)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
    known = sparse.csr_matrix(
        (np.ones(len(rows)), (merchant, category)), shape=(merchants, categories)
    )
    reasons = np.asarray(known.sum(axis=1)).ravel()
    pairs, count = np.unique(merchant * kinds + reason, return_counts=True)
    who, why = np.divmod(pairs, kinds)
    expected = np.asarray((known @ shares)[who, why])
    p = _chance(count.astype(float), reasons[who], expected / reasons[who], len(pairs))
    odd = (p < chance) & (count >= least) & (count >= share * reasons[who]) & (why < len(common))
    names = np.asarray(frame["reason"].cat.categories)[common[why[odd]]]
    table = _table(
        "merchant reason",
        names,
        orders=reasons[who[odd]].astype(np.int64),
        returns=count[odd].astype(np.int64),
        expected_returns=expected[odd],
        chance=p[odd],
    )
    table["merchant"] = np.asarray(frame["merchant"].cat.categories)[who[odd]].astype(object)
    return table.sort_values(["merchant", "name"], ignore_index=True)
