"""Codes of tax dossiers and return-insurance pools."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, note, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # tax dossiers: what is asked for
    "T001": error("the period could not be understood", "write 2026, 2026H2, 2026Q3 or 2026-09"),
    "T002": error("the rule must be in force in the whole period", "choose another rule or period"),
    "T003": error("the rule demands another edition", "give it with --edition"),
    "T004": error("nothing was sold in the period", "check the period and the dates of the ledger"),
    "T005": error("a sum is too large to be exact", "check the amounts, or split the ledger"),
    "T006": error(
        "the earlier dossier must be a dossier.json of this program, rule and currency",
        "give the dossier.json that was handed in for the period before",
    ),
    "T007": error("a dossier must not replace what it is made from", "choose another folder"),
    # reproducing
    "T010": error("the manifest must be one of carbon tax", "give the manifest.json of a dossier"),
    "T011": error("an input is not the one that the manifest names", "restore the file"),
    "T012": error(
        "the dossier could not be reproduced byte for byte",
        "use the program and library versions that the manifest names",
    ),
    "T013": error("the edition is not the one that the manifest names", "install that edition"),
    # lines of the ledger
    "T020": error("a line must be in the currency of the rule", "hand in a ledger a currency"),
    "T021": error("a line needs a taxpayer, and * is none", "fill taxpayer or merchant"),
    "T022": error("a line needs a tax rate", "fill vat_rate; the rule assumes none"),
    "T023": error("an amount has more decimals than the currency", "round it as it was invoiced"),
    "T024": note("lines outside the period do not count", "none is needed"),
    "T025": note(
        "a refund of a sale before the period lowers the base of this one",
        "none is needed; it counts on the day of the refund",
    ),
    "T026": note(
        "a refund after the period lowers the base of a later one",
        "none is needed; it counts on the day of the refund",
    ),
    "T027": error(
        "a line stands twice and counts once", "give every line an entry, or remove the copy"
    ),
    "T028": error(
        "lines of one entry tell different things, so that none of them counts",
        "correct room, amounts or dates of the entry",
    ),
    "T029": error(
        "a refund is dated before its sale, so that it counts on the day of the sale",
        "correct refund_date",
    ),
    "T040": warning(
        "the rows of the ledger that were refused may move the result", "correct them first"
    ),
    "T042": error(
        "units and revenue of a line must have the same sign", "check the signs; it was left out"
    ),
    "T043": note(
        "a negative line counts as a refund on its day", "none is needed; see red-letter lines"
    ),
    # SKUs of a dossier
    "T030": error("an SKU that was sold is not in the catalogue", "add it to the catalogue"),
    "T031": error("an unknown footprint is never eligible", "see the problem of the SKU"),
    "T032": error("carbon intensity needs revenue", "none is needed; the SKU is not eligible"),
    "T033": warning(
        "the refunds of an SKU exceed its sales",
        "compare with the dossier of the period of the sales",
    ),
    "T034": error(
        "an SKU was sold under two categories or letters",
        "give the goods before and after the change SKUs of their own",
    ),
    "T035": error("an SKU was sold at two tax rates", "correct the rate, or split the SKU"),
    "T036": error(
        "units and revenue kept must have the same sign", "check returned units and refunds"
    ),
    "T037": warning(
        "an SKU was sold under a label of another edition",
        "none is needed; its footprint is that of the edition of the dossier",
    ),
    "T038": note("an SKU was sold in several rooms", "none is needed; its sales are summed"),
    "T039": error(
        "a condition whose value is unknown is not met",
        "fill what it needs; letters and intervals need --draws",
    ),
    "T041": warning(
        "more of an SKU came back than its catalogue tells; the rate of the ledger counts",
        "enter the return rate of the ledger in the catalogue",
    ),
    # return-insurance pools
    "I001": error("a pool needs orders in its window", "check the dates of the ledger"),
    "I002": error(
        "the orders must be in the currency of the policy", "hand in a ledger a currency"
    ),
    "I003": error("the freight of some return must be known", "fill return_freight"),
    "I004": note(
        "a category has too few merchants for a prior of its own",
        "none is needed; the prior of all categories was used",
    ),
    "I005": note(
        "an order that may still be returned does not count", "none is needed; see open_days"
    ),
    "I006": note("an order before the window does not count", "none is needed; see months"),
    "I007": warning("there is freight of a return, but no return", "correct returned or freight"),
    "I008": warning(
        "the freight of a return is not told", "fill it; the mean of the category was used"
    ),
    "I009": note(
        "an order without premium is not insured",
        "none is needed; it counts for the return rate only",
    ),
    "I010": warning(
        "a tier costs less than the one below it, because its claims are smaller",
        "look at the claims of its categories, or merge the two tiers",
    ),
    "I012": error(
        "an order is dated after the as-of day; it was left out", "correct its date, or --as-of"
    ),
    "I013": warning("an order stands twice and counts once", "remove the copy"),
    "I014": warning(
        "lines of one order tell different things, so that it counts as returned",
        "keep its last state",
    ),
    "I015": error(
        "the rows of the ledger that were refused may move the premiums", "correct them first"
    ),
    "I016": error(
        "rows were refused for whether they were returned, so that no rate can be told",
        "correct them; 是, 否, yes, no, 1, 0, 已退货 and 退款成功 are understood",
    ),
    "I011": warning(
        "the emissions of a return of a category are unknown",
        "give a catalogue with SKUs of the category",
    ),
}
