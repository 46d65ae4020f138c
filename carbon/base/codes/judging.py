"""Codes of the judging: what is not believed of a cell, and why a SKU has no sure letter."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, note, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # cells that are outside what the category is believed to be
    "C261": warning(
        "goods of this category are not made of this, or not of so much or so little of it",
        "check category and materials, or name a document for the materials",
    ),
    "C262": warning(
        "the material is too vague: the category's composition and making stand, on the dear side",
        "name the material of each part, as sole EVA 30%",
    ),
    "C263": warning(
        "lighter than goods of this size and category are believed to be without a document",
        "name the weighing record, as 148 g measured [file or number]",
    ),
    "C264": warning(
        "fewer returns, or more of them sold again, than is believed without a document",
        "name the sales ledger, as 12% measured [file or number]",
    ),
    "C265": warning(
        "less packaging, more trips or more units in a parcel than is believed without a document",
        "name the packing record, as measured [file or number]",
    ),
    "C266": warning(
        "less energy in use, or a shorter life, than is believed without a document",
        "name the energy label or test report",
    ),
    "C267": warning(
        "less loss or less energy of the live session than is believed without a document",
        "name the meter or the record",
    ),
    "C268": warning(
        "a shorter way to the buyer than is believed without a document",
        "name the waybills or the telematics record",
    ),
    "C269": warning(
        "the name is that of another category",
        "choose the category of what is sold, or correct the name",
    ),
    "C270": warning(
        "no goods of this category are sold at this price",
        "choose the category of what is sold, or correct the price",
    ),
    "C271": warning(
        "less energy than the step can take: the least was counted",
        "name the steps that the meter covers, and the meter itself",
    ),
    "C272": warning(
        "a larger recycled share than is believed without a document",
        "name the certificate of the chain of custody",
    ),
    "C273": note(
        "measured without a document is declared",
        "name the file or the number of the record, as 180 g measured [scale-0412.pdf]",
    ),
    "C274": warning(
        "no step of making is called so: the meters replace the last step only",
        "name the steps that they cover, as dyeing, sewing",
    ),
    "C275": warning(
        "the quantity could not be understood in the unit of the category; it was left out",
        "write it as 500 ml, 1.5 kg or 300 sheets",
    ),
    "C276": warning(
        "the category has no size class of this name; the usual one was taken",
        "use infant, child, adult, small, medium or large",
    ),
    "C281": error("a table of evidence has the columns sku and column", "see docs/columns.md"),
    "C282": error(
        "a document stands behind a cell of the catalogue", "correct the sku or the column"
    ),
    "C283": error(
        "a document has a name or a number, and its hash 64 hexadecimal digits",
        "fill document or serial; sha256 may be empty",
    ),
    # why a SKU has no sure letter
    "J001": note("nothing was drawn, so the letter has no probability", "ask for draws"),
    "J002": note("the category has no reference", "choose references that have the category"),
    "J003": note(
        "no range of neighbouring letters is sure enough",
        "tell what ask_first names, or measure it",
    ),
    "J004": note("the quantity is not told: a category estimate", "fill mass or quantity"),
    "J005": note("the materials are not told: a category estimate", "fill materials"),
    "J006": note("the packaging is not told: a category estimate", "fill packaging"),
    "J007": note(
        "the data of the category do not tell equal products apart",
        "give the parts, or a footprint of the supplier",
    ),
    "J008": note(
        "a letter better than the middle rests on cells that are not believed as they stand",
        "name a document for the cells that the codes beside this one name",
    ),
}
