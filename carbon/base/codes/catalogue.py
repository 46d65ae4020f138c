"""Codes of catalogues: the file, its quantities and its lines."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, note, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # the file
    "C001": error("the file must exist and be readable", "check the path and the permissions"),
    "C002": error(
        "a catalogue is CSV, XLSX, Parquet or JSON Lines",
        "save it as one of .csv .xlsx .parquet .jsonl",
    ),
    "C003": error("a file must stay within the size limits", "split the file"),
    "C004": error("text must be UTF-8 or GB18030", "save the file as UTF-8"),
    "C005": error("the columns sku and category must exist", "rename the header or add it"),
    "C006": error("two headers must not mean the same column", "remove or rename one of them"),
    "C007": note("a header that is no known column is left out", "see carbon template"),
    "C008": error("an sku must be unique", "remove or rename the repeated row"),
    "C009": error("an sku must not be empty", "give every row an sku"),
    "C010": error("the category must be a known one", "choose one from carbon template"),
    "C011": error("the file must be well formed", "open it, mend it and save it again"),
    "C012": note(
        "a sheet or file that is no table of the catalogue is left out",
        "name it skus, materials, packaging or legs",
    ),
    "C013": error(
        "sheets that hold the same kind of table must have the same headers",
        "give them the same headers, or keep one of them",
    ),
    "C014": warning(
        "a number in scientific notation has lost its last digits",
        "format the column as text and fill it in again",
    ),
    # quantities
    "C015": warning(
        "a cell must hold a value, not an error of the spreadsheet or a formula without its result",
        "open the file, let it compute and save it; the cell was left open",
    ),
    "C016": note("a hidden sheet is left out", "show it if it belongs to the catalogue"),
    "C017": error("the word for the category has several meanings", "write the one that is meant"),
    "C018": note(
        "the word for the category has several meanings, and name or mass decided",
        "write the category itself to be sure",
    ),
    "C019": note("rows that repeat the header or add up the others are left out", "remove them"),
    "C101": error("a number was expected", "write a number and its unit, as 200 g"),
    "C102": error("a quantity needs a unit", "add it to the cell or to the header, as mass_g"),
    "C103": error("the unit is not known", "use g, kg, km, kWh, MJ, h or year"),
    "C104": error(
        "the unit means different things in different places",
        "write t or kg for ton, g for oz",
    ),
    "C105": error("the unit measures something else", "use a unit of the right kind"),
    "C106": error("a quantity must not be negative", "check the sign"),
    "C107": error("a share must lie between 0 and its limit", "write 35 % or 0.35"),
    "C108": error("a share must say whether it is percent", "write the sign into the cell, as 35%"),
    "C109": warning(
        "the value is unusual for the category", "check the value and its unit; it was used"
    ),
    "C110": error("the value is impossible for the category", "check the value and its unit"),
    "C111": error("a comma may be decimal or thousands", "write 0.5 or 1200"),
    "C112": error("a quantity must be greater than zero", "leave it empty if it is unknown"),
    "C113": error("a leg cannot be longer than the equator", "check the distance and its unit"),
    "C114": error("the fuel is not known", "use natural gas, coal or industrial"),
    "C115": warning(
        "electricity without heat, or heat without electricity, replaces no assumption",
        "give both; write 0 MJ if there is no heat",
    ),
    "C116": error(
        "the energy of making cannot be nothing",
        "leave electricity and heat empty if they are unknown",
    ),
    "C117": warning(
        "a comma may be decimal or thousands; the price was left out", "write 1299 or 1,299.00"
    ),
    # lines
    "C118": warning("a range or an open number is no number", "write the number that holds"),
    "C119": warning(
        "a volume became a mass by the usual density of the category", "write the mass, as 520 g"
    ),
    "C120": warning("a count of pieces is no mass", "write the net mass; the cell was left open"),
    "C121": error(
        "the unit in the header is not known, so the numbers of the column have none",
        "write a known unit into the header, as (g), or none",
    ),
    "C201": error("the material is not known", "use a name from carbon template"),
    "C202": error("the shares of a SKU must sum to 100 %", "correct the shares"),
    "C203": error("shares and masses must not be mixed", "give shares only or masses only"),
    "C204": warning("the materials do not weigh what the SKU weighs", "check mass and materials"),
    "C205": warning(
        "no factor for the recycled material is known",
        "none; the virgin material was used",
    ),
    "C206": error(
        "the materials cannot weigh what the SKU weighs",
        "check mass, materials and their units",
    ),
    "C207": warning(
        "several materials need their shares",
        "write the share of each, as cotton 60%; linen 40%; the cell was left open",
    ),
    "C208": warning(
        "shares of shell, lining, filling and the like are not told, usual ones were taken",
        "write shares of the whole product",
    ),
    "C209": warning(
        "the word for the material has several meanings or names none",
        "write the material itself; the cell was left open",
    ),
    "C211": error("the packaging item is not known", "use a name from carbon template"),
    "C212": error(
        "only a reusable item makes trips, 1 to 200 of them",
        "write 20 trips, or leave them out",
    ),
    "C213": warning(
        "the word for the packaging has several meanings or names none",
        "write the item itself; the cell was left open",
    ),
    "C221": error("the transport mode is not known", "use truck, van, plane, train or ship"),
    "C222": error("the shares of the chains must sum to 100 %", "correct the shares"),
    "C223": error("the cell could not be understood", "follow the examples of carbon template"),
    "C224": error(
        "the length of a leg must be known",
        "write it, as truck 80 km, or give origin and destination",
    ),
    "C225": error("the legs of a chain must tell the same share", "correct chain_share"),
    "C226": warning(
        "no lorry or train takes this way across the sea",
        "write the chain, as truck 80 km, plane, van 20 km",
    ),
    "C227": warning(
        "the category's chains do not cross the sea: air was assumed, or a ship if it never flies",
        "write the chain, as truck 80 km, plane, van 20 km",
    ),
    "C228": warning(
        "a carrier or service does not say which way goods take",
        "write air, road, rail or sea; the category's usual way was taken",
    ),
    "C229": warning(
        "several ways need their shares",
        "write the share of each, as air 60% | road 40%; the cell was left open",
    ),
    "C231": error("the place is not known", "use an ISO 3166-2 code, a name or lat,lon"),
    "C232": error("the shares of the destinations must sum to 100 %", "correct the shares"),
    "C233": warning(
        "a word for several places stands for them in equal parts", "write the share of each place"
    ),
    "C234": warning(
        "several places bear this name", "write its province or country too; it was left open"
    ),
    "C235": warning("NA may be Namibia or an empty cell", "write Namibia, or leave the cell empty"),
    "C241": error(
        "energy of a session can only be shared if the units sold are known",
        "fill units_sold, or leave the session cells empty",
    ),
    "C242": warning(
        "the rows of a session tell different totals",
        "repeat the same totals; the largest was used",
    ),
    "C243": warning(
        "another row of the session could not be counted",
        "fill its units_sold and mend it; the session was shared by the others",
    ),
    "C251": error("a line must belong to a SKU of the catalogue", "correct its sku"),
    "C252": error(
        "a SKU has lines in a cell and in a line table", "keep the cell or the lines, not both"
    ),
    "C253": note(
        "a line without sku was read as a line of the SKU above it",
        "write the sku into every line",
    ),
}
