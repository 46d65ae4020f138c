"""Markup that does nothing but be seen: no scripts, no events, nothing loaded from elsewhere."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from carbon.base.errors import RuleError

__all__ = ["refuse_active"]

_ELEMENTS = (
    "applet audio base embed foreignobject form frame handler iframe image img input link "
    "listener object script set video animate animatetransform animatemotion template"
)
ELEMENTS: Final = frozenset(_ELEMENTS.split())
"""Elements that run something, load something or change the page later."""

MARKUP: Final = re.compile(
    r"<(?:(?P<close>/[A-Za-z][\w:.-]*\s*)|!--(?:(?!--).)*--|\?xml\s[^<>?]*\?|!doctype html"
    r"|(?P<data>script type=\"application/ld\+json\">[^<]*</script)"
    r"|(?P<name>[A-Za-z][\w:.-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*))>",
    re.DOTALL | re.IGNORECASE,
)
ATTRIBUTE: Final = re.compile(
    r"([^\s\"'=/]+)\s*(?:=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?", re.DOTALL
)
WORDS: Final = frozenset(["aria-label", "title", "alt", "content", "d"])
"""Attributes that are read as words or numbers, never as an address."""

META: Final = frozenset(["charset", "name", "content"])
_LINKS = "href xlink:href src srcset data action formaction poster"
LINKS: Final = frozenset(_LINKS.split())


def refuse_active(text: str, file: str) -> str:
    """Hand markup back, unless it would run something or fetch something.

    Parameters
    ----------
    text : str
        SVG or HTML.
    file : str
        Named if it is refused.

    Raises
    ------
    carbon.base.errors.RuleError
        L001 with the place.

    Examples
    --------
    >>> refuse_active("<svg><rect/></svg>", "a")
    '<svg><rect/></svg>'
    >>> refuse_active("<svg onload='x()'/>", "a")
    Traceback (most recent call last):
    carbon.base.errors.RuleError: L001 a, value "<svg onload='x()'/>": ...
    """
    at = text.find("<")
    while at >= 0:
        found = MARKUP.match(text, at)
        if found is None or (found["name"] and not _still(found["name"], found["attributes"])):
            raise RuleError("L001", file=file, value=" ".join(text[at : at + 60].split()))
        at = found.end()
        if found["name"] and found["name"].lower() == "style":
            end = text.find("</style", at)
            if re.search(r"@import|url\(|\\\\|<", text[at:end], re.IGNORECASE):
                raise RuleError("L001", file=file, value="style")
        at = text.find("<", at)
    return text


def _still(name: str, attributes: str) -> bool:
    """Whether an element does nothing but be seen."""
    name = name.lower().rpartition(":")[2]
    told = {one[0].lower(): "".join(one[1:]) for one in ATTRIBUTE.findall(attributes)}
    if name == "meta":
        return set(told) <= META
    if name in ELEMENTS or any(key.startswith("on") for key in told):
        return False
    for key, value in told.items():
        value = unescape(value).strip().lower()
        if key in LINKS and not value.startswith("#"):
            if name != "a" or key != "href" or not value.startswith(("https://", "http://")):
                return False
        elif key not in WORDS and re.search(r"url\(\s*[\"']?(?!#)|\\|expression\(", value):
            return False
    return name != "link"
