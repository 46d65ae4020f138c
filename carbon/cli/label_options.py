"""Reads nothing, gives the options that say what ``carbon label`` draws, joined as its job."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import click

from carbon.cli.options import LANGS, MARKET

__all__ = ["job_options"]


def job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of what is drawn; the command is given them as ``asked``, for a job of labels."""

    @functools.wraps(function)
    def gathered(
        output: Path | str,
        formats: str,
        sheets: bool,
        scale: float,
        text_as_paths: bool,
        issued: datetime | None,
        **rest: Any,
    ) -> Any:
        named = ("templates", "langs", "url", "resolver", "dpi", "market")
        asked = {name: rest.pop(name) for name in named} | {
            "formats": _kinds(formats, output),
            "issued": issued.date() if issued else None,
            "outline": text_as_paths,
            "sheets": scale / 100 if sheets else 0.0,
        }
        return function(output=output, asked=asked, **rest)

    for option in (
        MARKET,
        click.option(
            "--date",
            "issued",
            type=click.DateTime(["%Y-%m-%d"]),
            help="Date of the labels; today without.",
        ),
        click.option(
            "--resolver",
            default="https://id.gs1.org",
            show_default=True,
            help="Where GS1 Digital Links begin.",
        ),
        click.option(
            "--url",
            default="",
            metavar="URL",
            help="Link of the QR code, as https://shop.example/{sku}; a GTIN has its GS1 Digital "
            "Link unless the URL names {gtin}.",
        ),
        click.option(
            "--text-as-paths", is_flag=True, help="SVG without text: characters as outlines."
        ),
        click.option(
            "--dpi",
            default=300.0,
            show_default=True,
            type=click.FloatRange(30, 1200),
            help="Of PNG; an overlay keeps its pixels.",
        ),
        click.option(
            "--scale",
            default=100.0,
            show_default=True,
            type=click.FloatRange(10, 1000),
            help="Size on the sheets, in percent; a label stays readable down to 70.",
        ),
        click.option(
            "--sheets", is_flag=True, help="A4 sheets of labels with cut marks too, as PDF."
        ),
        LANGS,
        click.option(
            "--template",
            "templates",
            multiple=True,
            metavar="NAME|DIR",
            help="badge, label, sheet, overlay-portrait, overlay-landscape, or your own folder; "
            "label without. May be repeated.",
        ),
        click.option(
            "--format",
            "formats",
            default="svg,json",
            show_default=True,
            help="Any of svg, png, pdf, html, json, with commas.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def _kinds(formats: str, output: Path | str) -> tuple[str, ...]:
    """Formats that were asked for; that of OUT where it is one file."""
    from carbon.run.labelling import is_single
    from carbon.run.labels import KINDS

    kinds = tuple(dict.fromkeys(kind.strip() for kind in formats.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(KINDS):
        raise click.UsageError(f"formats are {', '.join(KINDS)}")
    suffix = PurePath(output).suffix.lower()
    return (suffix.removeprefix("."),) if is_single(output) else kinds
