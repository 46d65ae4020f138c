"""Reads a file of evidence, gives the documents that stand behind the cells of catalogues.

A row names a SKU, a column, and a document or its number; its hash, its date and who signed it may
stand beside. A file serves a catalogue as a whole: its batches take what is theirs.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from carbon.base.errors import CatalogueError
from carbon.base.files import digest
from carbon.catalogue import cells
from carbon.catalogue.files import open_sheets
from carbon.catalogue.headers import column_names
from carbon.catalogue.names import key
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.schema import Catalogue, Limits, Vocabulary
from carbon.footprint.evidence import attached

__all__ = ["Documents"]


@dataclass(frozen=True)
class Documents:
    """Documents behind the cells of the catalogues that a study reads.

    - ``table``: as :func:`carbon.footprint.evidence.attached` takes it; empty without
    - ``sha256``: of the file or of the table
    - ``file``: its name
    """

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    sha256: str = ""
    file: str = ""

    @classmethod
    def of(cls, source: Path | str | pd.DataFrame, vocabulary: Vocabulary) -> Documents:
        """Documents of a file (CSV, XLSX, Parquet or JSON Lines) or a table; none without.

        Headers are English or Chinese; by the vocabulary ``净重`` names ``mass``. C001 to C004 and
        C011 if the file cannot be read, C281 if a column is missing.

        >>> from carbon.study import Study
        >>> proof = pd.DataFrame({"商品编码": ["A"], "列": ["净重"], "凭证": ["scale-0412.pdf"]})
        >>> Documents.of(proof, Study().vocabulary).table.to_numpy().tolist()
        [['A', 'mass', 'scale-0412.pdf']]
        """
        _, sheet = open_sheets(source, Limits())[0]
        known = {
            key(word): name for name, words in sign("evidence_columns").items() for word in words
        }
        texts = {
            known[key(header)]: cells.clean(column).to_pylist()
            for header, column in zip(sheet.headers, sheet.columns, strict=True)
            if key(header) in known
        }
        table = pd.DataFrame(texts, dtype="object").fillna("")
        missing = [name for name in ("sku", "column") if name not in table]
        if missing:
            raise CatalogueError("C281", ", ".join(missing), file=sheet.file)
        columns = column_names(vocabulary)
        table["column"] = [columns.get(key(str(name)), str(name)) for name in table["column"]]
        if isinstance(source, pd.DataFrame):
            text = table.to_json(orient="split", force_ascii=False).encode()
            return cls(table, hashlib.sha256(text).hexdigest(), sheet.file)
        return cls(table, digest(Path(os.fspath(source))), sheet.file)

    @property
    def decided(self) -> dict[str, str]:
        """What a run must find again to go on; nothing without documents."""
        return {"evidence": self.sha256} if self.sha256 else {}

    def checked(self, catalogue: Catalogue) -> Catalogue:
        """A whole catalogue as it is, all documents being of SKUs that it has; C282 if not."""
        if len(self.table):
            self._attached(catalogue, part=False)
        return catalogue

    def behind(self, catalogue: Catalogue) -> Catalogue:
        """A catalogue, or a part of one, with the documents behind its cells."""
        return self._attached(catalogue, part=True) if len(self.table) else catalogue

    def _attached(self, catalogue: Catalogue, *, part: bool) -> Catalogue:
        try:
            return attached(catalogue, self.table, part=part)
        except CatalogueError as error:
            raise CatalogueError(
                error.code, error.detail, file=self.file, row=error.row, value=error.value
            ) from None
