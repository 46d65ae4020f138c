"""Reads a filled catalogue, gives it as it would be if the merchant did otherwise.

A lever takes the catalogue, its sizes and the book of levers, and gives the changed catalogue
with, per SKU, whether it applies and why not. Where it does not apply nothing is changed. A SKU
keeps the key of what it was, so that draws stay paired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from carbon.base.errors import StudyError
from carbon.catalogue.schema import Catalogue
from carbon.footprint.levers.book import REASONS, Book, Change, Lever
from carbon.footprint.levers.packaging import (
    box_to_bag,
    packaging_light,
    reusable_box,
    right_size_box,
)
from carbon.footprint.levers.product import recycled_content, renewable_studio
from carbon.footprint.levers.registered import of_function, registered
from carbon.footprint.levers.returns import resale_share, return_rate
from carbon.footprint.levers.settings import parse
from carbon.footprint.levers.transport import air_to_ground, e_van, regional_warehouse
from carbon.footprint.streams import with_keys

__all__ = ["LEVERS", "REASONS", "Book", "Change", "Lever", "lever"]

LEVERS: Final[dict[str, Callable[[Catalogue, Mapping[str, float], Book], Change]]] = {
    "return-rate": return_rate,
    "resale-share": resale_share,
    "air-to-ground": air_to_ground,
    "regional-warehouse": regional_warehouse,
    "e-van": e_van,
    "box-to-bag": box_to_bag,
    "reusable-box": reusable_box,
    "right-size-box": right_size_box,
    "packaging-light": packaging_light,
    "recycled-content": recycled_content,
    "renewable-studio": renewable_studio,
}
"""Name → function, in the order in which a combination takes them."""

TOUCHES: Final[dict[str, tuple[str, ...]]] = {
    "return-rate": ("live_session", "returns"),
    "resale-share": ("returns",),
    "air-to-ground": ("distribution", "returns"),
    "regional-warehouse": ("distribution", "returns"),
    "e-van": ("distribution", "returns"),
    "box-to-bag": ("packaging", "distribution", "returns", "end_of_life"),
    "reusable-box": ("packaging", "distribution", "returns", "end_of_life"),
    "right-size-box": ("packaging", "distribution", "returns", "end_of_life"),
    "packaging-light": ("packaging", "distribution", "returns", "end_of_life"),
    "recycled-content": ("materials", "packaging", "returns"),
    "renewable-studio": ("live_session",),
}
"""Stages that can differ; the others are taken from the footprint before."""


def lever(text: str | Lever | Callable[[Catalogue], Catalogue | Change], book: Book) -> Lever:
    """A lever by its name, or a setting of a column, or a function.

    Parameters
    ----------
    text : str, Lever or callable
        ``air-to-ground``, with sizes ``reusable-box:trips=40``, or ``return_rate=-15pt``; or what
        :func:`carbon.footprint.levers.registered.lever` makes of a function, or a bare function.
    book : Book
        The levers of the edition.

    Returns
    -------
    Lever

    Raises
    ------
    carbon.base.errors.StudyError
        S020 for an unknown lever, S021 for a size that is not understood, S022 and S023 for a
        setting, S027 for a lever of a plug-in that fails.

    Examples
    --------
    >>> from carbon.study import Study
    >>> book = Book.of(Study().edition.levers, Study().vocabulary)
    >>> lever("reusable-box:trips=40", book).words[0]
    'Reusable box (trips=40)'
    """
    if isinstance(text, Lever):
        return text
    if not isinstance(text, str):
        return of_function(text)
    name, _, rest = text.strip().partition(":")
    name = name.strip()
    if name in LEVERS:
        sizes = book.sizes(name, rest)
        english, chinese = book.words(name)
        addition = f" ({rest.strip()})" if rest.strip() else ""
        function = LEVERS[name]
        return Lever(
            name + (f":{rest.strip()}" if addition else ""),
            lambda catalogue, book: function(with_keys(catalogue), sizes, book),
            TOUCHES[name],
            (english + addition, chinese + addition),
        )
    if "=" in text:
        setting = parse(text, book)
        return Lever(
            text.strip(),
            lambda catalogue, book: setting.pull(with_keys(catalogue), book),
            setting.touches,
            (text.strip(), text.strip()),
        )
    ours = registered(text.strip())
    if ours is not None:
        return ours
    raise StudyError("S020", f"known: {', '.join(LEVERS)}", value=text)
