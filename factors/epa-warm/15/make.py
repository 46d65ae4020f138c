"""Disposal routes and materials of EPA WARM v15, as gases and without credits.

    python factors/epa-warm/15/make.py SOURCES

SOURCES holds ``epa-warm-15/`` with the openLCA matrices of WARM v15 that US EPA publishes in
WARMer: A (551 processes), B (14 flows), their indices and the characterization factors.
``processes.csv`` beside this file says which process becomes which activity, ``biogenic.csv``
the biogenic carbon of a material. Written: ``activities.csv`` and ``exchanges.csv``.

1. Check: the matrices, solved with everything in them, give the stored results of WARM v15.
2. Cut the credits out of landfilling, combustion and composting: electricity (avoided, or lost
   to heating inert waste), steel recovered from ash, fuel avoided by burning tyres, and carbon
   stored in landfill or soil. Cut the leg from factory to shop out of product manufacturing:
   distribution is modelled apart.
3. Solve again. A process that reached a treatment keeps its gases apart; methane born in a
   landfill or a compost heap is biogenic, methane from fuel is fossil.
4. Check: with AR4 these totals equal an independent decomposition (``gross_ar4``, 5 decimals).
5. Give carbon-bearing materials their uptake, and every route of their waste the same carbon
   as carbon dioxide: methane too ends as carbon dioxide, and its potential does not count that.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SHA256 = {
    "A.csv": "1fbbd4f4acb6111f8e1a54881d20bccbb316527403a9ad2aa578867012003136",
    "B.csv": "2bca5684f1fdbed61ba83d74bfef8ef15cff57dc5debb1ff03ec52f47a7f99a4",
    "index_A.csv": "b963315efaaf31852be05f2742a9dd7a876ddbdfc163444b642802404acb319b",
    "index_B.csv": "e509175400842206aa75e37a22def9cc5212416b046bf565f2418489a9f86e75",
    "lcia.csv": "e9b49d81e02ecbb97bafa0c14445a4b8c551b95130cabd0b0a6e58b203f14228",
    "warm_results.csv": "879cd0f20290a3c98bc29ca73be2a2b26fa277d78549e04361e7e46fe6197d6b",
}
LOCATION = "US"
YEAR = 2020  # release of WARM v15
FLOWS = {
    "Carbon dioxide": "carbon dioxide, fossil",
    "Methane": "methane, fossil",
    "Dinitrogen monoxide": "dinitrogen monoxide",
    "Methane, tetrafluoro-, R-14": "tetrafluoromethane",
    "Ethane, hexafluoro-, HFC-116": "hexafluoroethane",
    "GHGs, unspecified": "greenhouse gases, aggregate, AR4",
}
BIOGENIC_METHANE = "methane, biogenic"
BIOGENIC_CO2 = "carbon dioxide, biogenic"
UPTAKE = "carbon dioxide, in air"
TREATMENTS = ("Landfilling", "Combustion", "Composting")
ROTTING = ("Landfilling", "Composting")
CREDITS = ("Electricity generation, at grid", "Steel recycling")
RETAIL = "Transport of manufactured products, to retailer"
CO2_PER_C = 44 / 12
BOUNDARY_TREATMENT = (
    "collection and transport of the waste, operation of the treatment, its gases, transport of "
    "ash; no credit for electricity, metal or stored carbon"
)
BOUNDARY_MATERIAL = (
    "cradle to factory gate: process energy, process emissions, transport of inputs between "
    "manufacturing steps; without the leg to the retailer"
)


def read(folder: Path) -> dict[str, Path]:
    """Paths of the publisher's files, each with the hash that was published with it."""
    paths = {name: folder / "epa-warm-15" / name for name in SHA256}
    for name, path in paths.items():
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert found == SHA256[name], f"{name}: {found}"
    return paths


def per_unit(technosphere: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Scaling of every process for one unit of each product, the cut exchanges left out."""
    return np.linalg.inv(np.where(cut, 0.0, technosphere))


def tables(sources: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The activities and their exchanges, per unit of product (kg)."""
    paths = read(sources)
    technosphere = np.loadtxt(paths["A.csv"], delimiter=",")
    biosphere = np.loadtxt(paths["B.csv"], delimiter=",")
    processes = pd.read_csv(paths["index_A.csv"])
    flows = pd.read_csv(paths["index_B.csv"])
    lcia = pd.read_csv(paths["lcia.csv"]).query("Method == 'WARMv15' and Indicator == 'GHGs'")
    factor = lcia.set_index("Flow UUID")["Characterization Factor"] * 1000  # t -> kg CO2e
    ar4 = flows["flow ID"].map(factor).fillna(0.0).to_numpy()
    assert np.all(np.diag(technosphere) > 0)

    whole = per_unit(technosphere, np.zeros_like(technosphere, dtype=bool))
    stored = pd.read_csv(paths["warm_results.csv"])["kg_per_kg"].to_numpy()
    assert np.allclose(ar4 @ biosphere @ whole, stored, rtol=1e-9, atol=1e-9)

    name = processes["process name"]
    category = processes["process category"].fillna("")
    treats = category.str.startswith(TREATMENTS).to_numpy()
    makes = category.str.startswith("Product manufacturing").to_numpy()
    credit = name.str.startswith(CREDITS).to_numpy()
    retail = (name == RETAIL).to_numpy()
    cut = np.outer(credit, treats) | np.outer(retail, makes)
    emitted = biosphere.copy()
    unspecified = (flows["flow name"] == "GHGs, unspecified").to_numpy()
    stores = (
        flows["flow name"].str.startswith("Carbon").to_numpy()
        & ~flows["flow name"].isin(FLOWS).to_numpy()
    )
    emitted[np.ix_(stores, treats)] = 0.0
    emitted[np.outer(unspecified, treats) & (biosphere < 0)] = 0.0
    scaled = per_unit(technosphere, cut)
    rots = category.str.startswith(ROTTING).to_numpy()
    kilograms = np.where(unspecified, 1000.0, 1.0)  # unspecified gases are in t CO2e

    chosen = pd.read_csv(HERE / "processes.csv", keep_default_na=False)
    carbon = pd.read_csv(HERE / "biogenic.csv").set_index("biogenic")
    activities: list[dict[str, object]] = []
    exchanges: list[dict[str, object]] = []
    for row in chosen.itertuples(index=False):
        column = int(np.flatnonzero(name == row.process)[0])
        assert processes.loc[column, "flow unit"] == "kg", row.process
        made = bool(makes[column])
        by_process = emitted * scaled[:, column]
        total = by_process.sum(axis=1) * kilograms
        if made:
            total[stores] = 0.0
        cite = f"WARM v15 matrices, process {processes.loc[column, 'process ID']}"
        amounts: dict[str, float] = {}
        for index, flow in flows["flow name"].items():
            if flow in FLOWS and total[index] != 0.0:
                assert total[index] > 0.0, (row.process, flow)
                amounts[FLOWS[flow]] = float(total[index])
        methane = int(np.flatnonzero(flows["flow name"] == "Methane")[0])
        rotted = float(by_process[methane][rots].sum())
        if rotted > 0.0:
            fossil = amounts.pop(FLOWS["Methane"]) - rotted
            if fossil > 1e-15:
                amounts[FLOWS["Methane"]] = fossil
            amounts[BIOGENIC_METHANE] = rotted
        if row.gross_ar4:
            gross = float(ar4 @ (total / kilograms))
            assert abs(gross - float(row.gross_ar4)) <= 0.5e-5 + 1e-9, (row.process, gross)
        assert amounts, row.process
        if row.biogenic:
            bound = float(carbon.loc[row.biogenic, "carbon"]) * CO2_PER_C
            if made:
                amounts[UPTAKE] = bound
            else:
                amounts[BIOGENIC_CO2] = bound
        boundary = BOUNDARY_MATERIAL if made else BOUNDARY_TREATMENT
        activities.append(
            {
                "activity": row.activity,
                "location": LOCATION,
                "unit": "kg",
                "year": YEAR,
                "title": row.process,
                "title_zh": row.title_zh,
                "boundary": boundary + (f"; {row.note}" if row.note else ""),
                "production": 1.0,
                "gsd2": float(row.gsd2),
                "pedigree": row.pedigree,
                "kind": "derived",
                "cite": cite + ", solved with the exchanges named in the boundary left out",
            }
        )
        for flow, amount in sorted(amounts.items()):
            carbon_row = flow in (UPTAKE, BIOGENIC_CO2)
            exchanges.append(
                {
                    "activity": row.activity,
                    "location": LOCATION,
                    "kind": "emission",
                    "flow": flow,
                    "flow_location": "",
                    "amount": amount,
                    "unit": "kg",
                    "cite": carbon_cite(carbon, row.biogenic, made) if carbon_row else cite,
                }
            )
    return pd.DataFrame(activities), pd.DataFrame(exchanges)


def carbon_cite(carbon: pd.DataFrame, material: str, made: bool) -> str:
    """Why this much biogenic carbon dioxide is taken up or released."""
    content = f"biogenic.csv, {material}: {carbon.loc[material, 'carbon']!s} kg C/kg x 44/12"
    return content if made else f"{content}, methane included once it has oxidized"


def write(table: pd.DataFrame, path: Path) -> None:
    """UTF-8, LF, shortest decimals that read back to the same number."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    made_activities, made_exchanges = tables(Path(sys.argv[1]))
    assert not made_activities.duplicated(["activity", "location"]).any()
    assert not made_exchanges.isna().any().any()
    assert not made_activities.isna().any().any()
    write(made_activities, HERE / "activities.csv")
    write(made_exchanges, HERE / "exchanges.csv")
