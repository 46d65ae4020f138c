"""Reads a catalogue, gives it completed from archetypes, with the provenance of each cell.

A default is a datum of the archetypes, with its source there. Where the archetype says nothing the
cell stays NaN: unknown is not zero. Prices and units sold are never guessed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carbon.base.errors import CODES, PROBLEM_COLUMNS
from carbon.base.terms import PROVENANCES
from carbon.catalogue.inbound import inbound_km
from carbon.catalogue.names import Names
from carbon.catalogue.places import Geography
from carbon.catalogue.problems import CellProblems, Rows
from carbon.catalogue.routes import complete_legs, leg_distances
from carbon.catalogue.schema import FUELS, PROVENANCE_COLUMNS, Catalogue, Vocabulary
from carbon.catalogue.sessions import share_sessions
from carbon.catalogue.tables import CodedTable, alive, spread

__all__ = ["fill"]

_GIVEN, _DEFAULT, _ABSENT = (PROVENANCES.index(name) for name in ("given", "default", "absent"))
_HOME = "CN"
"""Where a SKU without origin is made, and one without destination is sold."""

_PARAMETERS = {
    "units_per_parcel": "units_per_parcel",
    "return_rate": "return_rate",
    "resale_share": "resale_share",
    "loss_rate": "loss_rate",
    "packaging_reuse": "packaging_reuse",
    "energy_per_year": "energy_per_year_kwh",
    "service_life": "service_life_years",
}
_OUTPUT = (
    *("sku", "gtin", "name", "category", "merchant", "price", "currency", "units_sold", "mass_kg"),
    *("quantity", "pack_count", "size_class", "metered_steps", "manufacturing_loss"),
    *("supplier_kg", "supplier_boundary"),
    *("units_per_parcel", "electricity_kwh", "heat_mj", "heat_fuel", "made_in", "inbound_road_km"),
    *("inbound_sea_km", "origin", "pickup_km", "return_rate"),
    *("resale_share", "loss_rate", "packaging_reuse", "studio_kwh", "viewer_hours"),
    *("studio_renewable", "energy_per_year_kwh", "service_life_years", "line", "failed", "problem"),
)


def fill(catalogue: Catalogue, vocabulary: Vocabulary) -> Catalogue:
    """Complete a catalogue.

    Mass: the given one, else the sum of the given materials, else the archetype's. Materials,
    packaging, chains and rates: the archetype's where none is given. Distances: great circle
    between origin and destinations × the mode's factor + its offset, else the archetype's. Energy
    of a live session: its total ÷ kept units, shared between the SKUs of a session by revenue, or
    by units if a price is missing. ``catalogue``: as :func:`carbon.catalogue.read.read` gives it.
    Returns: complete tables; lines of failed SKUs are left out, for these are never computed.

    >>> from carbon.catalogue.read import read
    >>> row = {"category": "bag", "parameter": "mass", "value": 0.8, "unit": "kg"}
    >>> vocabulary = Vocabulary.of(
    ...     categories=pd.DataFrame({"category": ["bag"]}), parameters=pd.DataFrame([row])
    ... )
    >>> goods = pd.DataFrame({"sku": ["S1", "S2"], "category": "bag", "mass": ["900 g", None]})
    >>> complete = fill(read(goods, vocabulary), vocabulary)
    >>> complete.skus["mass_kg"].tolist(), complete.provenance["mass"].tolist()
    ([0.9, 0.8], [0, 1])
    """
    skus, size = catalogue.skus.copy(deep=False), len(catalogue.skus)
    category = skus["category"].cat.codes.to_numpy()
    live = ~skus["failed"].to_numpy(dtype=bool)
    provenance = {
        name: catalogue.provenance[name].to_numpy(copy=True) for name in PROVENANCE_COLUMNS
    }
    parameters = vocabulary.parameter_table

    def parameter(name: str) -> NDArray[np.float64]:
        values = np.append(parameters[name].to_numpy(dtype=np.float64), np.nan)
        chosen: NDArray[np.float64] = values[category]
        return chosen

    def complete(
        column: str, output: str, values: NDArray[np.float64], code: int = _DEFAULT
    ) -> None:
        present = skus[output].to_numpy(dtype=np.float64)
        take = np.isnan(present) & ~np.isnan(values)
        skus[output] = np.where(take, values, present)
        provenance[column][take] = code

    given = catalogue.materials
    weight = given["mass_kg"].to_numpy(dtype=np.float64)
    row = given["row"].to_numpy()
    weighed = ~np.isnan(weight)
    total = np.bincount(row[weighed], weights=weight[weighed], minlength=size)
    complete("mass", "mass_kg", np.where(total > 0, total, np.nan), _GIVEN)
    complete("mass", "mass_kg", parameter("mass"))
    for name, output in _PARAMETERS.items():
        complete(name, output, parameter(name))
    skus["units_per_parcel"] = np.maximum(skus["units_per_parcel"].to_numpy(), 1.0)
    for name, output in (("electricity", "electricity_kwh"), ("heat", "heat_mj")):
        # not given: the processing of the materials stands for it
        provenance[name][np.isnan(skus[output].to_numpy())] = _DEFAULT
    share_sessions(skus, provenance, parameter, catalogue.sessions)
    skus["studio_renewable"] = 0.0  # location-based; a what-if can set it
    no_fuel = skus["heat_fuel"].cat.codes.to_numpy() < 0
    fuels = vocabulary.names("fuel")
    skus["heat_fuel"] = fuels.categorical(
        np.where(no_fuel, fuels.code(FUELS[0]), skus["heat_fuel"].cat.codes.to_numpy())
    )
    provenance["heat_fuel"][no_fuel] = _DEFAULT

    geography = Geography.of(vocabulary)
    destinations = _places(skus, catalogue.destinations, provenance, live, vocabulary)
    _made_in(skus, provenance, parameter("distance"), geography, vocabulary)
    materials = _materials(
        given, skus, category, provenance, live, vocabulary, parameter("distance"), geography
    )
    packaging = _packaging(catalogue.packaging, skus, category, provenance, live, vocabulary)
    distances = leg_distances(skus, destinations, geography, parameter("distance"))
    legs, filled = complete_legs(catalogue.legs, category, provenance, live, distances, vocabulary)

    problems = _told(catalogue, skus, filled)
    lost = filled["C224"]
    if len(lost):
        live[lost] = False
        materials, packaging, legs, destinations = (
            alive(frame, live).reset_index(drop=True)
            for frame in (materials, packaging, legs, destinations)
        )
    return replace(
        catalogue,
        skus=skus[list(_OUTPUT)],
        materials=materials,
        packaging=packaging,
        legs=legs,
        destinations=destinations[["row", "location", "share"]],
        provenance=pd.DataFrame(provenance),
        problems=problems,
    )


def _told(
    catalogue: Catalogue, skus: pd.DataFrame, gaps: dict[str, NDArray[np.int64]]
) -> pd.DataFrame:
    """Add problems of the transport; SKUs whose transport has no length fail."""
    import pyarrow as pa

    if not any(len(at) for at in gaps.values()):
        return catalogue.problems
    problems = CellProblems()
    lines = skus["line"].to_numpy()
    rows = Rows(catalogue.file, lines, pa.array(skus["sku"], pa.string()), np.arange(len(skus)))
    for code, at in gaps.items():
        if len(at):
            problems.cells(rows, at, "transport", (), code)
            skus.loc[at, "problem"] = (skus.loc[at, "problem"] + f" {code}").str.strip()
            if CODES[code].severity == "error":
                skus.loc[at, "failed"] = True
    both = [frame for frame in (catalogue.problems, problems.table()) if len(frame)]
    return pd.concat(both, ignore_index=True)[list(PROBLEM_COLUMNS)]


def _places(
    skus: pd.DataFrame,
    given: pd.DataFrame,
    provenance: dict[str, NDArray[Any]],
    live: NDArray[np.bool_],
    vocabulary: Vocabulary,
) -> pd.DataFrame:
    """Fill the origin of SKUs in place; the destinations of all live SKUs."""
    names, size = vocabulary.names("region"), len(skus)
    home = names.code(_HOME)
    code = skus["origin"].cat.codes.to_numpy()
    skus["origin"] = names.categorical(np.where(code < 0, home, code))
    provenance["origin"][code < 0] = _DEFAULT if home >= 0 else _ABSENT
    has = np.zeros(size, bool)
    has[given["row"].to_numpy()] = True
    bare = np.flatnonzero(live & ~has) if home >= 0 else np.empty(0, np.int64)
    provenance["destination"][~has] = _DEFAULT if home >= 0 else _ABSENT
    keep = alive(given, live)
    row = np.concatenate([keep["row"].to_numpy(), bare]).astype(np.int32)
    order = _by_row(row)
    blank = np.full(len(bare), np.nan)
    where = np.concatenate([keep["location"].cat.codes.to_numpy(), np.full(len(bare), home)])
    return pd.DataFrame(
        {
            "row": row[order],
            "location": names.categorical(where[order]),
            "share": np.concatenate([keep["share"].to_numpy(), np.ones(len(bare))])[order],
            "lat": np.concatenate([keep["lat"].to_numpy(), blank])[order],
            "lon": np.concatenate([keep["lon"].to_numpy(), blank])[order],
        },
        copy=False,
    )


def _made_in(
    skus: pd.DataFrame,
    provenance: dict[str, NDArray[Any]],
    default_km: NDArray[np.float64],
    geography: Geography,
    vocabulary: Vocabulary,
) -> None:
    """Fill in place where SKUs are made, and the way from there to where they are sent from."""
    names = vocabulary.names("region")
    sent_from = skus["origin"].cat.codes.to_numpy()
    made = skus["made_in"].cat.codes.to_numpy()
    untold = made < 0
    made = np.where(untold, sent_from, made)
    skus["made_in"] = names.categorical(made)
    provenance["made_in"][untold] = np.where(sent_from[untold] >= 0, _DEFAULT, _ABSENT)
    skus["inbound_road_km"], skus["inbound_sea_km"] = inbound_km(
        made, sent_from, default_km, geography, vocabulary
    )


def _with_archetype(
    given: pd.DataFrame,
    kind: str,
    category: NDArray[Any],
    provenance: NDArray[Any],
    live: NDArray[np.bool_],
    archetype: str,
    names: Names,
    vocabulary: Vocabulary,
    numbers: dict[str, str],
) -> pd.DataFrame:
    """Given lines, and those of the archetype for SKUs that have none; sorted by SKU."""
    has = np.zeros(len(category), bool)
    has[given["row"].to_numpy()] = True
    keep = alive(given, live)
    bare = np.flatnonzero(live & ~has)
    table = CodedTable.by_category(vocabulary, archetype)
    line, taken = spread(bare, category[bare], table.starts, table.counts)
    provenance[~has] = _ABSENT
    provenance[np.unique(line)] = _DEFAULT
    row = np.concatenate([keep["row"].to_numpy(), line]).astype(np.int32)
    order = _by_row(row)
    ids = names.find(_strings(table.frame[kind]))[taken]
    columns = {
        "row": row[order],
        kind: np.concatenate([keep[kind].cat.codes.to_numpy(), ids])[order],
    }
    for name, source in numbers.items():
        default = np.full(len(taken), np.nan)
        if source in table.frame:
            default = pd.to_numeric(table.frame[source]).to_numpy(dtype=np.float64)[taken]
        stated = (
            keep[name].to_numpy(dtype=np.float64) if name in keep else np.full(len(keep), np.nan)
        )
        columns[name] = np.concatenate([stated, default])[order]
    new = np.concatenate([np.full(len(keep), _GIVEN), np.full(len(line), _DEFAULT)])
    columns["origin"] = new.astype(np.uint8)[order]
    return pd.DataFrame(columns, copy=False)


def _by_row(row: NDArray[np.int32]) -> NDArray[np.intp] | slice:
    """Order of lines by SKU."""
    return np.argsort(row, kind="stable") if (np.diff(row) < 0).any() else slice(None)


def _strings(column: pd.Series[Any]) -> Any:
    import pyarrow as pa

    return pa.array(column.astype(str), pa.string())


def _materials(
    given: pd.DataFrame,
    skus: pd.DataFrame,
    category: NDArray[Any],
    provenance: dict[str, NDArray[Any]],
    live: NDArray[np.bool_],
    vocabulary: Vocabulary,
    default_km: NDArray[np.float64],
    geography: Geography,
) -> pd.DataFrame:
    """Materials of all live SKUs with what their vocabulary says of them."""
    names = vocabulary.names("material")
    numbers = {
        "share": "share",
        "mass_kg": "mass_kg",
        "recycled_share": "recycled_share",
        "made_in": "",
    }
    lines = _with_archetype(
        given,
        "material",
        category,
        provenance["materials"],
        live,
        "archetype_materials",
        names,
        vocabulary,
        numbers,
    )
    code, row = lines["material"].to_numpy(), lines["row"].to_numpy()
    table = CodedTable.of(vocabulary, "materials")
    mass = lines["mass_kg"].to_numpy()
    virgin_only = table.codes("recycled")[code] < 0
    recycled = np.where(virgin_only, 0.0, np.nan_to_num(lines["recycled_share"].to_numpy()))
    by_share = lines["share"].to_numpy() * skus["mass_kg"].to_numpy()[row]
    worked = skus["made_in"].cat.codes.to_numpy()[row]
    made_in = lines["made_in"].to_numpy()
    made = np.where(np.isnan(made_in), worked, made_in).astype(np.int32)
    road, sea = inbound_km(made, worked, default_km[row], geography, vocabulary)
    return pd.DataFrame(
        {
            "row": row,
            "material": names.categorical(code),
            "mass_kg": np.where(np.isnan(mass), by_share, mass),
            "recycled_share": recycled,
            "loss": table.numbers("manufacturing_loss")[code],
            "disposed_share": table.numbers("disposed_share")[code],
            "made_in": vocabulary.names("region").categorical(made),
            "inbound_road_km": road,
            "inbound_sea_km": sea,
            **{
                name: table.words(name, code)
                for name in ("virgin", "recycled", "processing", "disposal")
            },
            "origin": lines["origin"].to_numpy(),
        },
        copy=False,
    )


def _packaging(
    given: pd.DataFrame,
    skus: pd.DataFrame,
    category: NDArray[Any],
    provenance: dict[str, NDArray[Any]],
    live: NDArray[np.bool_],
    vocabulary: Vocabulary,
) -> pd.DataFrame:
    """Complete the packaging of all live SKUs with what the vocabulary says of its items."""
    names = vocabulary.names("item")
    numbers = {
        "mass_kg": "",
        "mass_g": "mass_g",
        "count": "",
        "trips": "trips",
        "recycled_share": "recycled_share",
    }
    lines = _with_archetype(
        given,
        "item",
        category,
        provenance["packaging"],
        live,
        "archetype_packaging",
        names,
        vocabulary,
        numbers,
    )
    code, row = lines["item"].to_numpy(), lines["row"].to_numpy()
    items = CodedTable.of(vocabulary, "packaging_items")
    stuff = CodedTable.of(vocabulary, "materials")
    material = vocabulary.names("material").find(_strings(vocabulary.packaging_items["material"]))[
        code
    ]

    def first(*choices: NDArray[np.float64]) -> NDArray[np.float64]:
        chosen = choices[0]
        for other in choices[1:]:
            chosen = np.where(np.isnan(chosen), other, chosen)
        return chosen

    mass = lines["mass_kg"].to_numpy()
    source = np.where(np.isnan(mass), _DEFAULT, lines["origin"].to_numpy()).astype(np.uint8)
    mass = first(mass, lines["mass_g"].to_numpy() / 1000.0, items.numbers("mass_g")[code] / 1000.0)
    recycled = first(
        lines["recycled_share"].to_numpy(),
        items.numbers("recycled_share")[code],
        np.zeros(len(code)),
    )
    parcel = (vocabulary.packaging_items["level"] == "parcel").to_numpy(dtype=bool)[code]
    units = skus["units_per_parcel"].to_numpy()[row]
    trips = first(lines["trips"].to_numpy(), items.numbers("trips")[code], np.ones(len(code)))
    return pd.DataFrame(
        {
            "row": row,
            "item": names.categorical(code),
            "mass_kg": mass * first(lines["count"].to_numpy(), np.ones(len(code))),
            "share": np.where(parcel, 1.0 / units, 1.0),
            "trips": np.maximum(trips, 1.0),
            "recycled_share": np.where(stuff.codes("recycled")[material] < 0, 0.0, recycled),
            **{
                name: stuff.words(name, material)
                for name in ("virgin", "recycled", "processing", "disposal")
            },
            "washing": items.words("washing", code),
            "return_haul_km": items.numbers("return_haul_km")[code],
            "origin": source,
        },
        copy=False,
    )
