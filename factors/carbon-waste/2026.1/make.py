"""Disposal by class of waste: derived routes, recycling under cut-off, and regional mixes.

    python factors/carbon-waste/2026.1/make.py

Reads the small tables beside it and ``biogenic.csv`` of epa-warm 15; writes ``activities.csv``
and ``exchanges.csv``.

- ``classes.csv``: the classes, where their routes are found, and whether they are recycled.
- ``routes.csv``, ``route_exchanges.csv``: landfill and incineration where WARM has no class.
- ``shares.csv``: share recycled or composted by class and region; ``residual.csv``: share of the
  rest that is burned; what remains is landfilled.

Recycling is cut off after collection and sorting: no credit, no reprocessing. Biogenic carbon
that leaves with the recycled material counts as released, so that every route of a waste releases
exactly what its material took up as carbon dioxide; methane comes on top, since it too ends as
carbon dioxide and the potential of biogenic methane does not count that.
A share of zero makes no exchange. Low and high bounds stay in the tables and in the cite.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
BIOGENIC = HERE.parent.parent / "epa-warm" / "15" / "biogenic.csv"
COLLECTION = ("waste collection and sorting", "GB")
BIOGENIC_CO2 = "carbon dioxide, biogenic"
CO2_PER_C = 44 / 12
REGIONS = {"CN": "中国", "GLO": "全球"}
BOUNDARY_RECYCLING = "collection and sorting; cut-off: no reprocessing and no credit"
BOUNDARY_MIX = "collection to final treatment by the routes of the region; no credits"
GSD2_MIX = {"derived": 1.3, "assumption": 1.6}
YEAR = 2022

Row = dict[str, object]


def read(name: str) -> pd.DataFrame:
    """One of the tables beside this file, empty cells as empty text."""
    return pd.read_csv(HERE / name, dtype=str, keep_default_na=False)


def activity(
    name: str, location: str, titles: tuple[str, str], boundary: str, quality: tuple[object, str]
) -> Row:
    """A row of activities.csv for one kg of waste; kind and cite are added by the caller."""
    return {
        "activity": name,
        "location": location,
        "unit": "kg",
        "year": YEAR,
        "title": titles[0],
        "title_zh": titles[1],
        "boundary": boundary,
        "production": 1.0,
        "gsd2": float(str(quality[0])),
        "pedigree": quality[1],
    }


def exchange(
    owner: tuple[str, str], kind: str, flow: tuple[str, str], amount: float, cite: str
) -> Row:
    """A row of exchanges.csv, in kg."""
    return {
        "activity": owner[0],
        "location": owner[1],
        "kind": kind,
        "flow": flow[0],
        "flow_location": flow[1],
        "amount": amount,
        "unit": "kg",
        "cite": cite,
    }


def routes(bound: dict[str, float]) -> tuple[list[Row], list[Row]]:
    """Landfill and incineration of the classes that WARM does not have."""
    activities: list[Row] = []
    exchanges: list[Row] = []
    given = read("route_exchanges.csv")
    assert set(given["activity"]) == set(read("routes.csv")["activity"])
    for row in read("routes.csv").itertuples(index=False):
        activities.append(
            activity(
                row.activity,
                "GLO",
                (row.title, row.title_zh),
                row.boundary,
                (row.gsd2, row.pedigree),
            )
            | {"kind": row.kind, "cite": row.cite}
        )
        owner = (row.activity, "GLO")
        for item in given[given["activity"] == row.activity].itertuples(index=False):
            spread = f" [{item.low} to {item.high}]" if item.low else ""
            amount = float(item.amount)
            exchanges.append(
                exchange(
                    owner, item.kind, (item.flow, item.flow_location), amount, item.cite + spread
                )
            )
        waste = row.activity.split(" of ", 1)[1]
        if waste in bound:
            released = bound[waste] * CO2_PER_C
            cite = f"biogenic.csv of epa-warm 15, {waste}: {bound[waste]!r} kg C/kg x 44/12"
            cite += ", methane included once it has oxidized"
            exchanges.append(exchange(owner, "emission", (BIOGENIC_CO2, ""), released, cite))
    return activities, exchanges


def recycling(bound: dict[str, float]) -> tuple[list[Row], list[Row]]:
    """Collection and sorting, and the biogenic carbon that passes to the next life."""
    activities: list[Row] = []
    exchanges: list[Row] = []
    for row in read("classes.csv").query("recycled == 'yes'").to_dict("records"):
        name = f"recycling of {row['class']}"
        title = f"Collection and sorting of {row['class']} for recycling, cut-off"
        titles = (title, f"{row['title_zh']}回收（截断法，仅收集和分拣）")
        activities.append(
            activity(name, "GLO", titles, BOUNDARY_RECYCLING, (1.5, "3;3;2;4;3"))
            | {"kind": "derived", "cite": "cut-off rule of the method; collection as in the UK"}
        )
        owner = (name, "GLO")
        exchanges.append(exchange(owner, "input", COLLECTION, 1.0, "1 kg collected and sorted"))
        if row["biogenic"]:
            carbon = bound[row["biogenic"]]
            cite = f"biogenic.csv of epa-warm 15, {row['biogenic']}: {carbon!r} kg C/kg x 44/12"
            cite += ", passed on to the next life and counted as released"
            exchanges.append(
                exchange(owner, "emission", (BIOGENIC_CO2, ""), carbon * CO2_PER_C, cite)
            )
    return activities, exchanges


def mixes() -> tuple[list[Row], list[Row]]:
    """Disposal of each class in each region: the routes with their shares."""
    activities: list[Row] = []
    exchanges: list[Row] = []
    shares = read("shares.csv")
    residual = read("residual.csv").set_index("location")
    assert set(shares["class"]) <= set(read("classes.csv")["class"])
    assert set(shares["location"]) <= set(REGIONS) == set(residual.index)
    for location, region_zh in REGIONS.items():
        burned = residual.loc[location]
        for row in read("classes.csv").to_dict("records"):
            waste = row["class"]
            name = f"disposal of {waste}"
            owner = (name, location)
            chosen = shares[(shares["location"] == location) & (shares["class"] == waste)]
            diverted = 0.0
            kinds = {burned["kind"]}
            parts: list[tuple[str, str, float, str]] = []
            for item in chosen.itertuples(index=False):
                share = float(item.share)
                assert float(item.low) <= share <= float(item.high), (name, location)
                diverted += share
                kinds.add(item.kind)
                place = "GLO" if item.route == "recycling" else row["composting_location"]
                cite = f"{item.cite} [{item.low} to {item.high}]"
                parts.append((f"{item.route} of {waste}", place, share, cite))
            rest = 1.0 - diverted
            fire = rest * float(burned["incineration"])
            spread = f"[{burned['low']} to {burned['high']}]"
            cite = f"rest {rest:.6g} x {burned['incineration']}: {burned['cite']} {spread}"
            parts.append((f"incineration of {waste}", row["incineration_location"], fire, cite))
            cite = f"rest {rest:.6g}, less what is incinerated (residual.csv, {location})"
            parts.append((f"landfill of {waste}", row["landfill_location"], rest - fire, cite))
            assert abs(sum(part[2] for part in parts) - 1.0) < 1e-12
            kind = "assumption" if "assumption" in kinds else "derived"
            titles = (
                f"Disposal of {waste}, mix of {location}",
                f"{row['title_zh']}处置，{region_zh}",
            )
            activities.append(
                activity(name, location, titles, BOUNDARY_MIX, (GSD2_MIX[kind], "3;3;2;3;3"))
                | {"kind": kind, "cite": f"shares.csv and residual.csv, {location}"}
            )
            exchanges += [
                exchange(owner, "input", (flow, place), share, cite)
                for flow, place, share, cite in parts
                if share > 0.0
            ]
    return activities, exchanges


def write(rows: list[Row], path: Path) -> None:
    """UTF-8, LF, shortest decimals that read back to the same number."""
    table = pd.DataFrame(rows)
    assert not table.isna().any().any()
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    contents = pd.read_csv(BIOGENIC).set_index("biogenic")["carbon"].to_dict()
    made = [routes(contents), recycling(contents), mixes()]
    all_activities = [row for part in made for row in part[0]]
    keys = [(row["activity"], row["location"]) for row in all_activities]
    assert len(keys) == len(set(keys))
    write(all_activities, HERE / "activities.csv")
    write([row for part in made for row in part[1]], HERE / "exchanges.csv")
