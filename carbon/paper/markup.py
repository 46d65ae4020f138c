"""Reads pictures and pages of strangers' templates, gives markup that cannot act.

What a template wrote is parsed, every element and attribute is held against a list of what is
allowed, and the markup is written again from the tree: what a browser sees is what was checked.
Nothing runs, nothing is fetched, and whatever is not on the lists is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final
from xml.etree import ElementTree

from carbon.base.errors import RuleError

__all__ = ["DATA", "PICTURE", "still_page", "still_picture"]

PICTURE: Final = "carbon-picture"
"""Element of a page in whose place the picture stands."""

DATA: Final = "carbon-data"
"""Text of a script of data in whose place the data of the label stand."""

SVG: Final = "http://www.w3.org/2000/svg"
HTML: Final = "http://www.w3.org/1999/xhtml"
XML: Final = "http://www.w3.org/XML/1998/namespace"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DRAWN: Final = _words(
    "svg g defs title desc text tspan rect circle ellipse line polyline polygon path pattern "
    "linearGradient radialGradient stop clipPath"
)
"""Elements of a picture."""

WRITTEN: Final = _words(
    "html head meta title style body main section article header footer div span p h1 h2 h3 h4 h5 "
    "h6 ul ol li dl dt dd table caption thead tbody tfoot tr th td details summary a b strong i em "
    "small sub sup br hr figure figcaption bdi code pre"
)
"""Elements of a page."""

VOID: Final = _words("meta br hr")
"""Elements of a page that have no end."""

SAID: Final = _words(
    "id class lang dir title role aria-label aria-labelledby aria-describedby aria-hidden alt"
)
"""Attributes that are read as words."""

SHAPE: Final = _words(
    "width height x y x1 y1 x2 y2 cx cy r rx ry d dx dy points viewBox preserveAspectRatio "
    "transform fill fill-opacity fill-rule clip-rule clip-path opacity color stroke stroke-width "
    "stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-opacity font-family font-size font-weight font-style letter-spacing text-anchor "
    "dominant-baseline textLength lengthAdjust patternUnits patternContentUnits patternTransform "
    "gradientUnits gradientTransform spreadMethod offset stop-color stop-opacity version"
)
"""Attributes of a picture whose values are numbers, colours and names."""

CELLS: Final = _words("scope colspan rowspan open datetime")
"""Attributes of a page beside its words."""

VALUE: Final = re.compile(r"[\w\s.,:;%#+'/()-]*")
"""Characters of the value of a shape: no escapes, no signs of markup, no at."""

CALL: Final = re.compile(r"([A-Za-z-]*)\(\s*([^()]*)\)")
CALLS: Final = _words("matrix translate scale rotate skewX skewY rgb rgba hsl hsla")
PLACE: Final = re.compile(r"#[A-Za-z][\w.-]*")

_PROPERTIES = (
    "align-items background background-color border border-bottom border-collapse border-color "
    "border-left border-radius border-right border-spacing border-style border-top border-width "
    "box-sizing caption-side color column-gap display flex flex-direction flex-wrap font "
    "font-family font-size font-style font-variant-numeric font-weight gap "
    "grid-template-columns height justify-content letter-spacing line-height list-style margin "
    "margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width "
    "opacity overflow overflow-wrap overflow-x overflow-y padding padding-bottom padding-left "
    "padding-right padding-top row-gap table-layout text-align text-decoration text-indent "
    "text-transform vertical-align white-space width word-break"
)
PROPERTIES: Final = _words(_PROPERTIES)
"""Properties of a style sheet; none of them places text over the page or fetches anything."""

RULE: Final = re.compile(r"\s*([\w\s.,#>*:-]+)\{([\w\s.,:;%#+'/()-]*)\}\s*")
STYLE_CALLS: Final = _words("rgb rgba hsl hsla calc min max minmax repeat")


def still_picture(text: str, file: str) -> str:
    """A picture that only can be looked at, written again from its tree.

    SVG of allowed elements and attributes; comments and processing instructions are gone. L001 with
    what is not allowed, L004 if it is not well formed, in the file named.

    >>> still_picture('<svg xmlns="http://www.w3.org/2000/svg"><rect fill="red"/></svg>', "a")
    '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="red"/></svg>'
    >>> still_picture('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "a")
    Traceback (most recent call last):
    carbon.base.errors.RuleError: L001 a, value 'svg onload': ...
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RuleError("L001", "no document type", file=file, value="<!DOCTYPE")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  no entities, see above
    except ElementTree.ParseError as error:
        raise RuleError("L004", str(error), file=file) from None
    try:
        return "".join(_drawn(root, file, first=True)) + text[len(text.rstrip()) :]
    except RecursionError:
        raise _refused(file, "elements nested too deeply") from None


def still_page(text: str, file: str, picture: str, data: str) -> str:
    """A page or a piece of one that only can be looked at, written again from its tree.

    ``<carbon-picture>`` stands for the picture and the text ``carbon-data`` in a script of type
    ``application/ld+json`` for the data, both checked already. HTML of allowed elements and
    attributes; L001 with what is not allowed.

    >>> still_page("<p>1 &lt; 2<carbon-picture></p>", "a", "<svg/>", "{}")
    '<p>1 &lt; 2<svg/></p>'
    >>> still_page("<img src=x onerror=alert(1)>", "a", "", "")
    Traceback (most recent call last):
    carbon.base.errors.RuleError: L001 a, value 'img': ...
    """
    import html5lib

    document = text.lstrip().lower().startswith("<!doctype html>")
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=True)
    tree = parser.parse(text) if document else parser.parseFragment(text, container="div")
    writer = _PageWriter(file, picture, data)
    pieces = writer.element(tree) if document else writer.inside(tree)
    try:
        return ("<!doctype html>\n" if document else "") + "".join(pieces)
    except RecursionError:
        raise _refused(file, "elements nested too deeply") from None


def _refused(file: str, value: str) -> RuleError:
    return RuleError("L001", file=file, value=" ".join(value.split())[:60])


def _drawn(node: ElementTree.Element, file: str, *, first: bool = False) -> Iterator[str]:
    """An element of a picture and all that is in it."""
    space, _, name = str(node.tag).rpartition("}")
    if space != f"{{{SVG}" or name not in DRAWN:
        raise _refused(file, name or str(node.tag))
    yield f"<{name}"
    if first:
        yield f' xmlns="{SVG}"'
    for key, value in node.attrib.items():
        key = key.replace(f"{{{XML}}}", "xml:")
        if key not in SAID and key != "xml:lang" and not (key in SHAPE and _is_shape(value)):
            raise _refused(file, f"{name} {key.rpartition('}')[2]}")
        yield f' {key}="{escape(value)}"'
    if not len(node) and not node.text:
        yield "/>"
        return
    yield f">{escape(node.text or '', quote=False)}"
    for child in node:
        yield from _drawn(child, file)
        yield escape(child.tail or "", quote=False)
    yield f"</{name}>"


def _is_shape(value: str) -> bool:
    """Whether a value is made of numbers, colours, names and known functions."""
    if not VALUE.fullmatch(value):
        return False
    calls = CALL.findall(value)
    known = all(
        name in CALLS or (name == "url" and PLACE.fullmatch(inside)) for name, inside in calls
    )
    return known and "(" not in CALL.sub("", value)


class _PageWriter:
    """Writes a page from its tree."""

    def __init__(self, file: str, picture: str, data: str) -> None:
        self.file, self.picture, self.data = file, picture, data

    def inside(self, node: Any) -> Iterator[str]:
        """What is in an element."""
        yield escape(node.text or "", quote=False)
        for child in node:
            if isinstance(child.tag, str):
                yield from self.element(child)
            yield escape(child.tail or "", quote=False)

    def element(self, node: Any) -> Iterator[str]:
        """An element and all that is in it."""
        space, _, name = node.tag.rpartition("}")
        if space != f"{{{HTML}":
            raise _refused(self.file, name)
        if name == PICTURE:
            yield self.picture
            yield from self.inside(node)
            return
        if name == "script":
            yield self.script(node)
            return
        if name not in WRITTEN:
            raise _refused(self.file, name)
        yield f"<{name}"
        for key, value in node.attrib.items():
            if not _is_allowed(name, str(key), value):
                raise _refused(self.file, f"{name} {str(key).rpartition('}')[2]}")
            yield f' {key}="{escape(value)}"'
        yield ">"
        if name in VOID:
            return
        if name == "style":
            yield self.style(node.text or "")
        else:
            yield from self.inside(node)
        yield f"</{name}>"

    def script(self, node: Any) -> str:
        """A script of data; no browser runs it."""
        text = node.text or ""
        if dict(node.attrib) != {"type": "application/ld+json"} or "<" in text or len(node):
            raise _refused(self.file, "script")
        return f'<script type="application/ld+json">{text.replace(DATA, self.data)}</script>'

    def style(self, text: str) -> str:
        """A style sheet of plain rules, each property on the list."""
        place, rules = 0, []
        while place < len(text.rstrip()):
            rule = RULE.match(text, place)
            if rule is None:
                raise _refused(self.file, f"style {text[place : place + 40]}")
            declarations = [part.strip() for part in rule[2].split(";") if part.strip()]
            for declaration in declarations:
                name, colon, value = declaration.partition(":")
                calls = CALL.findall(value)
                plain = all(called in STYLE_CALLS for called, _ in calls)
                nested = CALL.sub("", value)
                if not colon or name.strip() not in PROPERTIES or not plain or "(" in nested:
                    raise _refused(self.file, f"style {declaration}")
            rules.append(f"{rule[1].strip()} {{ {'; '.join(declarations)} }}\n")
            place = rule.end()
        return "\n" + "".join(rules)


def _is_allowed(name: str, key: str, value: str) -> bool:
    """Whether a page may have an attribute."""
    if key in SAID or key in CELLS:
        return True
    if name == "a" and key == "href":
        return bool(re.match(r"https?://[!-~]", value, re.IGNORECASE)) or bool(
            PLACE.fullmatch(value)
        )
    if name == "meta":
        return (key == "charset" and value.lower() == "utf-8") or key in ("name", "content")
    return False
