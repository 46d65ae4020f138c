"""Reads an SVG drawing or an HTML page, gives what a notebook shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

__all__ = ["Page", "Picture"]


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing that shows itself in a notebook.

    Parameters
    ----------
    svg : str
        An SVG document.

    Examples
    --------
    >>> Picture("<svg/>")
    Picture(6 characters of SVG; print(picture.svg) or show it in a notebook)
    """

    svg: str

    def __repr__(self) -> str:
        count = len(self.svg)
        return f"Picture({count:,} characters of SVG; print(picture.svg) or show it in a notebook)"

    def __str__(self) -> str:
        return self.svg

    def _repr_svg_(self) -> str:
        """The drawing, for a notebook."""
        return self.svg


@dataclass(frozen=True, repr=False)
class Page:
    """A page that shows itself in a notebook, shut off from the notebook around it.

    Parameters
    ----------
    html : str
        An HTML document.

    Examples
    --------
    >>> "sandbox" in Page("<!doctype html><p>tea</p>")._repr_html_()
    True
    """

    html: str

    def __repr__(self) -> str:
        return f"Page({len(self.html):,} characters of HTML)"

    def __str__(self) -> str:
        return self.html

    def _repr_html_(self) -> str:
        """The page in a frame, for a notebook."""
        return (
            f'<iframe sandbox srcdoc="{escape(self.html)}" '
            'style="width:100%;height:40em;border:1px solid #ccc"></iframe>'
        )
