"""Reads nothing, gives the columns that a merchant may fill, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "COLUMNS",
    "FUELS",
    "LEFT_OPEN",
    "LINES",
    "LINE_COLUMNS",
    "LINE_TABLES",
    "PARAMETER_KINDS",
    "PARAMETER_NAMES",
    "PROVENANCE_COLUMNS",
    "SHEETS",
    "Column",
]


@dataclass(frozen=True)
class Column:
    """A column a merchant may fill."""

    # ``text``, ``price``, ``count``, ``share``, ``place``, ``lines`` (compact), ``choice`` or a
    # quantity of :data:`carbon.base.units.BASE_UNITS`
    kind: str
    output: str  # column of ``Catalogue.skus`` that holds it; empty if it becomes lines
    about: str  # what to write into it
    implied: str = ""  # unit meant when neither the cell nor the header names one
    # largest share; most trips of a reusable item: crates and bags wear out before that
    limit: float = 1.0
    positive: bool = False  # zero is refused
    least: float = 0.0  # smallest count
    # number, in the base unit, beyond which a cell is a slip whatever the goods
    most: float = float("inf")


COLUMNS: Final[dict[str, Column]] = {
    "sku": Column("text", "sku", "stock-keeping unit, unique in the catalogue"),
    "gtin": Column("text", "gtin", "barcode number"),
    "name": Column("text", "name", "name shown to shoppers"),
    "category": Column("choice", "category", "category, as T-shirt"),
    "merchant": Column("text", "merchant", "who sells it"),
    "price": Column("price", "price", "price of one unit, as 129 CNY"),
    "currency": Column("text", "currency", "ISO 4217 code, as CNY"),
    "units_sold": Column("count", "units_sold", "units sold in the period or session", most=1e9),
    "session": Column("text", "session", "live session whose totals are shared by its SKUs"),
    "mass": Column("mass", "mass_kg", "net mass of one unit, as 200 g", positive=True),
    "quantity": Column(
        "text", "quantity", "content of one sales unit, as 500 ml or 2 x 100 sheets"
    ),
    "pack_count": Column("count", "pack_count", "pieces in one sales unit, as 5", least=1.0),
    "size_class": Column("text", "size_class", "size that it is made for, as child"),
    "materials": Column("lines", "", "as cotton 95% recycled 20%; elastane 5%"),
    "packaging": Column("lines", "", "as courier bag 12 g; paper tag 3 g"),
    "units_per_parcel": Column(
        "count", "units_per_parcel", "units in one parcel", least=1.0, most=1000.0
    ),
    "electricity": Column("electricity", "electricity_kwh", "electricity to make one, as 1.2 kWh"),
    "heat": Column("heat", "heat_mj", "heat to make one, as 3 MJ natural gas"),
    "heat_fuel": Column("choice", "heat_fuel", "fuel of that heat"),
    "metered_steps": Column("text", "metered_steps", "steps that these meters cover, as sewing"),
    "manufacturing_loss": Column(
        "share", "manufacturing_loss", "lost in making, over the mass of one, as 15%", limit=2.0
    ),
    "supplier_kg": Column(
        *("footprint", "supplier_kg", "making of one sales unit by the supplier, as 45 kg CO2e"),
        implied="kilogram CO2e",
        positive=True,
    ),
    "supplier_boundary": Column(
        "text", "supplier_boundary", "what that footprint covers: cradle-to-gate"
    ),
    "made_in": Column("place", "made_in", "where it is made, if not where it is sent from: VN"),
    "origin": Column("place", "origin", "where it is sent from: CN-ZJ, Zhejiang or 30.25, 120.17"),
    "destination": Column("lines", "", "as CN-GD 40%; CN-BJ 60%"),
    "transport": Column("lines", "", "as air 60%: truck 80 km, plane 1650 km | road 40%"),
    "pickup_km": Column(
        *("distance", "pickup_km", "by the shopper's car to fetch a parcel and back, as 3 km"),
        implied="km",
        most=200.0,
    ),
    "return_rate": Column("share", "return_rate", "returned per sold unit, as 35%", limit=0.95),
    "resale_share": Column("share", "resale_share", "returned units sold again as new, as 90%"),
    "return_transport": Column("lines", "", "way back, written as transport"),
    "loss_rate": Column("share", "loss_rate", "lost before sale, as 3%", limit=0.95),
    "packaging_reuse": Column(
        "share", "packaging_reuse", "packaging of returns used again, as 20%"
    ),
    "session_kwh": Column(
        *("electricity", "session_kwh", "studio electricity of the session", "kWh"),
        most=1e5,
    ),
    "viewer_hours": Column(
        *("duration", "viewer_hours", "viewer-hours of the session", "h"), most=1e9
    ),
    "energy_per_year": Column("electricity", "energy_per_year_kwh", "in use, as 30 kWh per year"),
    "service_life": Column("lifetime", "service_life_years", "as 3 years", "year", positive=True),
}
"""Canonical column → what it holds; all but ``sku`` and ``category`` may be absent."""

LINE_COLUMNS: Final[dict[str, dict[str, Column]]] = {
    "materials": {
        "sku": COLUMNS["sku"],
        "material": Column("choice", "material", "material, as cotton"),
        "share": Column("share", "share", "share of the mass, as 95%"),
        "mass": Column("mass", "mass_kg", "mass in one unit, as 190 g"),
        "recycled": Column("share", "recycled_share", "recycled content, as 20%"),
        "made_in": Column("text", "made_in", "where the material is made, as IN"),
    },
    "packaging": {
        "sku": COLUMNS["sku"],
        "item": Column("choice", "item", "packaging item, as courier bag"),
        "mass": Column("mass", "mass_kg", "mass of one piece, as 12 g", positive=True),
        "trips": Column("count", "trips", "trips of a reusable item, 1 to 200", limit=200.0),
        "recycled": Column("share", "recycled_share", "recycled content, as 50%"),
        "count": Column("count", "count", "pieces"),
    },
    "legs": {
        "sku": COLUMNS["sku"],
        "direction": Column("text", "direction", "out or return"),
        "chain": Column("text", "chain", "name of the chain, as air"),
        "chain_share": Column("share", "chain_share", "share of the units on this chain, as 60%"),
        "mode": Column("choice", "mode", "mode, as truck"),
        "distance": Column("distance", "km", "length of the leg, as 80 km", positive=True),
        "position": Column("count", "position", "order of the leg in its chain"),
    },
}
"""Tidy line table → its columns."""

LINE_TABLES: Final = tuple(LINE_COLUMNS)

SHEETS: Final[dict[str, tuple[str, ...]]] = {
    "skus": (
        "skus",
        "sku",
        "catalogue",
        "catalog",
        "products",
        "goods",
        "商品",
        "商品目录",
        "产品",
    ),
    "materials": ("materials", "material", "材料", "材质", "原料"),
    "packaging": ("packaging", "package", "包装", "包装物", "包材"),
    "legs": ("legs", "leg", "transport", "transports", "运输", "运输段", "物流"),
}
"""Table → names of its sheet or file, beside the vocabulary's words of kind ``sheet``."""

PROVENANCE_COLUMNS: Final = tuple(
    name
    for name in COLUMNS
    if name not in ("sku", "gtin", "name", "category", "merchant", "currency", "session")
)
"""Columns of ``Catalogue.provenance``."""


PARAMETER_KINDS: Final[dict[str, str]] = {
    **dict.fromkeys(("mass", "mass_min", "mass_max"), "mass"),
    **dict.fromkeys(("session_kwh", "energy_per_year"), "electricity"),
    "viewer_hours": "duration",
    "service_life": "lifetime",
    "distance": "distance",
}
"""Archetype parameter → its quantity; the others are pure numbers."""

PARAMETER_NAMES: Final = (
    *PARAMETER_KINDS,
    *("units_per_parcel", "return_rate", "resale_share", "loss_rate", "packaging_reuse"),
)


LEFT_OPEN: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("price", "currency", "units_sold", "gtin"), frozenset()),
    "mass": frozenset({"C101", "C112"}),
    **dict.fromkeys(("electricity", "heat"), frozenset({"C101", "C102", "C103", "C105", "C106"})),
    "packaging": frozenset({"C112", "C211"}),
    "distance": frozenset({"C112"}),
    **dict.fromkeys(("origin", "destination"), frozenset({"C231", "C232", "C108", "C107", "C106"})),
    **dict.fromkeys(("transport", "return_transport"), frozenset({"C221", "C112"})),
    **dict.fromkeys(
        ("return_rate", "resale_share", "loss_rate", "packaging_reuse", "units_per_parcel"),
        frozenset(),
    ),
    **dict.fromkeys(("session_kwh", "viewer_hours"), frozenset()),
    **dict.fromkeys(("energy_per_year", "service_life", "pack_count"), frozenset()),
    "materials": frozenset({"C201"}),
}
"""Column → codes that leave its cell open instead of failing the SKU; empty for all codes.

A cell left open counts as one that was never filled: what silence costs, it costs.
"""


FUELS: Final = ("heat, industrial", "heat, natural gas", "heat, coal")
"""Activities that give heat; the first is taken where the fuel is not told."""


LINES: Final = ("materials", "packaging", "legs", "destinations")
"""Tables of a catalogue whose ``row`` is the position of a SKU."""
