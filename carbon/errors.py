"""Every failure a user can cause: its code, its rule and its remedy.

A failure that stops a command is raised as a :class:`CarbonError`; a failure of one cell is a
row of the problems table and the rest of the batch goes on. Both use the codes listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CODES",
    "PROBLEM_COLUMNS",
    "CarbonError",
    "CatalogueError",
    "Code",
    "FactorsError",
    "OutputError",
    "StudyError",
    "problem_table",
]

PROBLEM_COLUMNS: Final = (
    "file",
    "row",
    "column",
    "sku",
    "value",
    "code",
    "severity",
    "rule",
    "remedy",
)


@dataclass(frozen=True)
class Code:
    """A stable error code.

    Parameters
    ----------
    severity : str
        ``"error"``: the file or the SKU is not computed; ``"warning"``: it is computed and
        flagged; ``"note"``: told, nothing more.
    rule : str
        What the input broke.
    remedy : str
        What the user should do next.
    """

    severity: str
    rule: str
    remedy: str


def _error(rule: str, remedy: str) -> Code:
    return Code("error", rule, remedy)


def _warning(rule: str, remedy: str) -> Code:
    return Code("warning", rule, remedy)


def _note(rule: str, remedy: str) -> Code:
    return Code("note", rule, remedy)


CODES: Final[dict[str, Code]] = {
    # the file
    "C001": _error("the file must exist and be readable", "check the path and the permissions"),
    "C002": _error(
        "a catalogue is CSV, XLSX, Parquet or JSON Lines",
        "save it as one of .csv .xlsx .parquet .jsonl",
    ),
    "C003": _error("a file must stay within the size limits", "split the file"),
    "C004": _error("text must be UTF-8 or GB18030", "save the file as UTF-8"),
    "C005": _error("the columns sku and category must exist", "rename the header or add it"),
    "C006": _error("two headers must not mean the same column", "remove or rename one of them"),
    "C007": _note("a header that is no known column is left out", "see carbon template"),
    "C008": _error("an sku must be unique", "remove or rename the repeated row"),
    "C009": _error("an sku must not be empty", "give every row an sku"),
    "C010": _error("the category must be a known one", "choose one from carbon template"),
    "C011": _error("the file must be well formed", "open it, mend it and save it again"),
    "C012": _note(
        "a sheet or file that is no table of the catalogue is left out",
        "name it skus, materials, packaging or legs",
    ),
    "C013": _error(
        "sheets that hold the same kind of table must have the same headers",
        "give them the same headers, or keep one of them",
    ),
    "C014": _warning(
        "a number in scientific notation has lost its last digits",
        "format the column as text and fill it in again",
    ),
    # quantities
    "C101": _error("a number was expected", "write a number and its unit, as 200 g"),
    "C102": _error("a quantity needs a unit", "add it to the cell or to the header, as mass_g"),
    "C103": _error("the unit is not known", "use g, kg, km, kWh, MJ, h or year"),
    "C104": _error(
        "the unit means different things in different places",
        "write t or kg for ton, g for oz",
    ),
    "C105": _error("the unit measures something else", "use a unit of the right kind"),
    "C106": _error("a quantity must not be negative", "check the sign"),
    "C107": _error("a share must lie between 0 and its limit", "write 35 % or 0.35"),
    "C108": _error(
        "a share must say whether it is percent", "write the sign into the cell, as 35%"
    ),
    "C109": _warning(
        "the value is unusual for the category", "check the value and its unit; it was used"
    ),
    "C110": _error("the value is impossible for the category", "check the value and its unit"),
    "C111": _error("a comma may be decimal or thousands", "write 0.5 or 1200"),
    "C112": _error("a quantity must be greater than zero", "leave it empty if it is unknown"),
    "C113": _error("a leg cannot be longer than the equator", "check the distance and its unit"),
    "C114": _error("the fuel is not known", "use natural gas, coal or industrial"),
    "C115": _warning(
        "electricity without heat, or heat without electricity, replaces no assumption",
        "give both; write 0 MJ if there is no heat",
    ),
    "C116": _error(
        "the energy of making cannot be nothing",
        "leave electricity and heat empty if they are unknown",
    ),
    "C117": _warning(
        "a comma may be decimal or thousands; the price was left out", "write 1299 or 1,299.00"
    ),
    # lines
    "C201": _error("the material is not known", "use a name from carbon template"),
    "C202": _error("the shares of a SKU must sum to 100 %", "correct the shares"),
    "C203": _error("shares and masses must not be mixed", "give shares only or masses only"),
    "C204": _warning("the materials do not weigh what the SKU weighs", "check mass and materials"),
    "C205": _warning(
        "no factor for the recycled material is known",
        "none; the virgin material was used",
    ),
    "C206": _error(
        "the materials cannot weigh what the SKU weighs",
        "check mass, materials and their units",
    ),
    "C211": _error("the packaging item is not known", "use a name from carbon template"),
    "C212": _error(
        "only a reusable item makes trips, 1 to 200 of them",
        "write 20 trips, or leave them out",
    ),
    "C221": _error("the transport mode is not known", "use truck, van, plane, train or ship"),
    "C222": _error("the shares of the chains must sum to 100 %", "correct the shares"),
    "C223": _error("the cell could not be understood", "follow the examples of carbon template"),
    "C224": _error(
        "the length of a leg must be known",
        "write it, as truck 80 km, or give origin and destination",
    ),
    "C225": _error("the legs of a chain must tell the same share", "correct chain_share"),
    "C226": _warning(
        "no lorry or train takes this way across the sea",
        "write the chain, as truck 80 km, plane, van 20 km",
    ),
    "C227": _warning(
        "the category's chains do not cross the sea: air was assumed, or a ship if it never flies",
        "write the chain, as truck 80 km, plane, van 20 km",
    ),
    "C231": _error("the place is not known", "use an ISO 3166-2 code, a name or lat,lon"),
    "C232": _error("the shares of the destinations must sum to 100 %", "correct the shares"),
    "C241": _error(
        "energy of a session can only be shared if the units sold are known",
        "fill units_sold, or leave the session cells empty",
    ),
    "C242": _warning(
        "the rows of a session tell different totals",
        "repeat the same totals; the largest was used",
    ),
    "C243": _warning(
        "another row of the session could not be counted",
        "fill its units_sold and mend it; the session was shared by the others",
    ),
    "C251": _error("a line must belong to a SKU of the catalogue", "correct its sku"),
    "C252": _error(
        "a SKU has lines in a cell and in a line table", "keep the cell or the lines, not both"
    ),
    "C253": _note(
        "a line without sku was read as a line of the SKU above it",
        "write the sku into every line",
    ),
    # factors and editions
    "F001": _error("the factor folder must exist and hold a datapackage.json", "check the path"),
    "F002": _error("a factor package must follow the schema", "see factors/schema"),
    "F003": _error(
        "a published folder must not change",
        "restore the file, or publish the correction as a new version",
    ),
    "F004": _error("every factor needs a unit and a citation", "fill unit and cite"),
    "F005": _error("an input must be taken in the unit of its activity", "correct the unit"),
    "F006": _error("an emission must be a characterized flow", "use a flow of the method"),
    "F007": _error("an input must find its activity", "correct flow and flow_location"),
    "F008": _error("the system must have one solution", "look for an activity that makes nothing"),
    "F009": _error("an activity stands once per location in a package", "remove the repetition"),
    "F010": _error("the edition must exist", "see carbon factors list"),
    "F011": _error("no such factor", "see carbon factors search"),
    "F015": _error(
        "no activity may cause less than nothing: credits are cut off",
        "leave the credit out, or report it apart",
    ),
    "F016": _error("a dataset must take or emit something", "add its exchanges, 0 if it is 0"),
    "F017": _error("a factor folder must be sealed", "run carbon factors seal FOLDER"),
    "F012": _error(
        "a squared geometric standard deviation is at least 1", "write 1.5 for a factor of 1.5"
    ),
    "F013": _error(
        "a distribution needs its parameters",
        "lognormal gsd2; normal, triangular and uniform low and high around 1; beta count",
    ),
    "F014": _error("a pedigree is five scores from 1 to 5", "write 2;2;1;3;2"),
    # studies
    "S001": _error("an activity has no factor", "add one with --factors DIR"),
    "S002": _error(
        "footprints on unlike bases are not comparable",
        "compute both with the same edition, method, boundary and functional unit",
    ),
    "S003": _error("the sku is not in the catalogue", "check the spelling"),
    "S004": _error("the boundary is not known", "choose one that carbon footprint --help lists"),
    "S005": _error("the method is not known", "choose one that carbon footprint --help lists"),
    "S006": _error(
        "a quantity that the footprint needs is unknown",
        "fill the cell; the category assumes nothing for it",
    ),
    "S020": _error("the lever is not known", "choose one that carbon whatif --help lists"),
    "S021": _error(
        "the size of a lever must be one of its own", "write it as reusable-box:trips=40"
    ),
    "S022": _error(
        "the setting could not be understood",
        "write return_rate=-15pt, mass=-10% or mass=180 g",
    ),
    "S023": _error("the column cannot be set", "choose a column of numbers"),
    "S024": _error(
        "a change must leave rates between 0 and their limit, and masses above 0",
        "change less; the SKU was left as it is",
    ),
    "S025": _error("the scenario file could not be understood", "see templates/scenarios"),
    "S026": _error("every figure of a scenario needs a cite", "add cite to the table"),
    # outputs
    "O001": _error("the result must be writable", "check the folder, its permissions and space"),
    "O002": _error("the format of the result is not known", "use .csv .parquet .xlsx or .jsonl"),
    "O004": _error("a result must not replace what it was computed from", "choose another OUT"),
    "O003": _error("the sheet cannot hold so many rows", "write .parquet or .csv instead"),
}


class CarbonError(Exception):
    """A failure that stops what was asked for.

    Parameters
    ----------
    code : str
        A key of :data:`CODES`.
    detail : str, optional
        What was found.
    file, column, value : str, optional
        Where, and the offending text.
    row : int, optional
        Row of the file as a spreadsheet counts it: the header is row 1.

    Examples
    --------
    >>> print(CatalogueError("C002", file="goods.doc"))
    C002 goods.doc: a catalogue is CSV, XLSX, Parquet or JSON Lines; save it as ...
    """

    exit_code = 3

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        file: str = "",
        row: int | None = None,
        column: str = "",
        value: str = "",
    ) -> None:
        self.code = code
        self.detail = detail
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        super().__init__(str(self))

    def __str__(self) -> str:
        entry = CODES[self.code]
        where = [self.file] if self.file else []
        where += [f"row {self.row}"] if self.row is not None else []
        where += [f"column {self.column}"] if self.column else []
        where += [f"value {self.value!r}"] if self.value else []
        found = f" ({self.detail})" if self.detail else ""
        place = " " + ", ".join(where) if where else ""
        return f"{self.code}{place}: {entry.rule}{found}; {entry.remedy}"


class CatalogueError(CarbonError):
    """The catalogue as a whole cannot be read."""


class StudyError(CarbonError):
    """The question cannot be answered as it was put."""


class FactorsError(CarbonError):
    """A factor package or edition is refused."""

    exit_code = 4


class OutputError(CarbonError):
    """A result cannot be written."""

    exit_code = 5


def problem_table(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Complete a table of problems with the severity, rule and remedy of each code.

    Parameters
    ----------
    rows : pandas.DataFrame, optional
        Any of the columns ``file row column sku value code``; ``code`` is required.

    Returns
    -------
    pandas.DataFrame
        The columns :data:`PROBLEM_COLUMNS`, in the order of the rows given.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"row": [2], "column": ["mass"], "value": ["2 ton"], "code": ["C104"]})
    >>> problem_table(found).loc[0, ["severity", "remedy"]].tolist()
    ['error', 'write t or kg for ton, g for oz']
    """
    import pandas as pd

    if rows is None or rows.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in PROBLEM_COLUMNS})
    out = rows.reset_index(drop=True).reindex(columns=list(PROBLEM_COLUMNS))
    codes = out["code"].astype(str)
    out["severity"] = codes.map({code: entry.severity for code, entry in CODES.items()})
    out["rule"] = codes.map({code: entry.rule for code, entry in CODES.items()})
    out["remedy"] = codes.map({code: entry.remedy for code, entry in CODES.items()})
    text = ["file", "column", "sku", "value"]
    out[text] = out[text].astype("object").where(out[text].notna(), "")
    return out
