"""Codes of labels, scales, templates and claims."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # templates and paper
    "L001": error(
        "a template must not run, load or link in anything",
        "take out scripts, event attributes, outside images, styles and fonts",
    ),
    "L002": error(
        "the template must be understood, stay within its bounds and use only what is listed",
        "mend it; docs/label.md lists what a template can use",
    ),
    "L003": error(
        "a template folder holds label.toml and its .j2 files, none of them large or linked",
        "copy a shipped folder and change it",
    ),
    "L004": error("the picture must be well-formed SVG", "mend the template"),
    "L010": error(
        "a font with Chinese characters is needed for PNG, PDF and outlined text",
        'pip install "carbon-label[fonts]", or put one into the folder that CARBON_FONTS names',
    ),
    "L011": error(
        "the link must be a web address, of which {sku}, {gtin} and {edition} are filled in",
        "write it as https://shop.example/goods/{sku}",
    ),
    "L012": error(
        "a design has a name that is known, words in both languages, and asks for facts that exist",
        "choose a shipped design or the path of a folder, and correct what is named",
    ),
    "L013": error("a label must fit on an A4 sheet", "choose a smaller --scale or design"),
    "L014": error(
        "a template must not claim what the market forbids",
        "take the words out of the template, or choose another --market",
    ),
    "L016": error("an index is the index.csv of a run", "give the file, its folder or its ZIP"),
    # claims
    "L101": error(
        "the market must be one that ships, or a rule file",
        "write EU, China or neutral, or the path of a .toml file",
    ),
    "L102": error(
        "a phrase of a claim needs plain characters, two Chinese or three Latin ones in a row",
        "write more of it beside its wildcards",
    ),
    "L103": error("a text must stay within the size limits", "split it"),
    "L104": error(
        "evidence has a name that claims know and one row for each text",
        "see docs/claims.md for the names",
    ),
    "L105": error("the new words of a rule must claim nothing", "reword them"),
    "L106": error("a rule of claims names kinds of terms that exist", "correct terms"),
    "L110": warning(
        "the market forbids the claim",
        "leave it out and state the footprint; it is not printed",
    ),
    "L111": warning("the claim says too little", "state the footprint; it is printed reworded"),
    "L112": warning(
        "the market allows the claim with evidence only",
        "give the evidence that carbon claims lists; without, it is not printed",
    ),
}
