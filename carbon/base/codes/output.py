"""Codes of results that are written."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # outputs
    "O001": error("the result must be writable", "check the folder, its permissions and space"),
    "O002": error("the format of the result is not known", "use .csv .parquet .xlsx or .jsonl"),
    "O004": error("a result must not replace what it was computed from", "choose another OUT"),
    "O005": error(
        "a result must not replace a link, a device or a thing of another kind",
        "remove what stands there, or choose another OUT",
    ),
    "O003": error("the sheet cannot hold so many rows", "write .parquet or .csv instead"),
}
