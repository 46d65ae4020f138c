"""Reads the fonts of the machine, gives those with Chinese characters, their widths and outlines.

A font is looked for in the folder that ``CARBON_FONTS`` names, then in the package that the extra
``fonts`` installs, then where the system keeps its fonts. None is an error, never a row of boxes.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from carbon.base.errors import OutputError

__all__ = ["BOLD", "SUBSCRIPT", "Face", "Fonts", "find_fonts"]

PACKAGE: Final = "pylopdf_fonts_zh_cn"
"""Installed by the extra ``fonts``: Noto Sans SC under the SIL Open Font License."""

FAMILIES: Final = (
    ("notosanssc", "notosanscjksc", "notosanscjk", "sourcehansanssc", "sourcehansanscn"),
    ("sourcehansans", "msyh", "pingfang", "hiraginosansgb", "wqymicrohei", "wqyzenhei"),
    ("droidsansfallback", "simhei"),
)
"""Beginnings of the file names of Chinese sans-serif fonts, the best first, in small letters."""

SAMPLE: Final = "碳足迹标签千克退货A9"
"""What a font must have."""

SUBSCRIPT: Final = "\u2082"
"""The 2 of CO2e; few fonts have it, so it is drawn as a small 2 below the line."""

THICKER: Final = 0.02
"""How far outlines are moved to make a regular face bold [em]."""

KINDS: Final = (b"OTTO", b"\x00\x01\x00\x00", b"true", b"ttcf")
"""First bytes of fonts."""

BOLD: Final = 600
"""Weight from which type is bold."""


@dataclass(frozen=True)
class Face:
    """One weight of a font.

    - ``path``: the file
    - ``index``: its number in a collection
    - ``weight``: 400 for regular, 700 for bold type
    - ``thicker``: how far the outlines are moved outwards, for a bold type made of a regular one
      [em]
    """

    path: Path
    index: int = 0
    weight: int = 400
    thicker: float = 0.0

    @cached_property
    def _font(self) -> Any:
        from fontTools.ttLib import TTFont

        return TTFont(self.path, fontNumber=self.index, lazy=True)

    @cached_property
    def variable(self) -> bool:
        """Whether one file holds all weights."""
        return "fvar" in self._font

    @cached_property
    def family(self) -> str:
        """Name of the family."""
        names = self._font["name"]
        return str(names.getDebugName(16) or names.getDebugName(1) or "")

    @cached_property
    def units(self) -> int:
        """Units of one em."""
        return int(self._font["head"].unitsPerEm)

    @cached_property
    def _characters(self) -> dict[int, str]:
        names: dict[int, str] = self._font.getBestCmap() or {}
        return names

    @cached_property
    def _glyphs(self) -> Any:
        place = {"wght": self.weight} if self.variable else None
        return self._font.getGlyphSet(location=place)

    @cached_property
    def _drawn(self) -> dict[str, tuple[float, str]]:
        return {}

    def has(self, character: str) -> bool:
        """Whether the font can draw a character."""
        return ord(character) in self._characters

    def glyph(self, character: str) -> tuple[float, str]:
        """Width of a character that :meth:`has` knows, and its outline [units].

        The outline is SVG path data relative to where the glyph stands, upwards; empty for a space.
        """
        if character not in self._drawn:
            from carbon.paper.pen import RelativePen

            glyph = self._glyphs[self._characters[ord(character)]]
            pen = RelativePen(self._glyphs, self.thicker * self.units)
            glyph.draw(pen)
            self._drawn[character] = float(glyph.width), pen.path()
        return self._drawn[character]


@dataclass(frozen=True)
class Fonts:
    """What text is set in; bold is the regular one, thicker, where there is no other."""

    regular: Face
    bold: Face

    def face(self, weight: int) -> Face:
        """The face for a weight."""
        return self.regular if weight < BOLD else self.bold

    def covered(self, text: str) -> str:
        """A text of characters the fonts have.

        Each run of characters that cannot be drawn stands as one ellipsis: something was left out
        here. :data:`SUBSCRIPT` stays, since it is drawn from a 2.
        """
        if all(map(self.regular.has, text)):
            return text
        kept: list[str] = []
        for character in text:
            if character == SUBSCRIPT or self.regular.has(character):
                kept.append(character)
            elif not kept or kept[-1] != "…":
                kept.append("…")
        return "".join(kept)


def find_fonts() -> Fonts:
    """Fonts with Chinese characters, the same ones for the whole run; L010 if there are none."""
    return _found(os.environ.get("CARBON_FONTS", ""))


@cache
def _found(named: str) -> Fonts:
    for files in _places(named):
        ranked = sorted(files, key=lambda file: (_rank(file), _key(file)))
        regular = next(
            (face for file in ranked if not _is_bold(file) for face in _faces(file, 400)), None
        )
        if regular is None:
            continue
        stem = _key(regular.path).replace("regular", "")
        if regular.variable:
            return Fonts(regular, Face(regular.path, regular.index, 700))
        twins = [file for file in ranked if _is_bold(file) and _key(file).startswith(stem[:8])]
        bold = (face for file in twins for face in _faces(file, 700))
        thickened = replace(regular, weight=700, thicker=THICKER)
        return Fonts(
            regular, next((match for match in bold if match.family == regular.family), thickened)
        )
    raise OutputError("L010", f"CARBON_FONTS={named}" if named else "")


def _places(named: str) -> Iterator[list[Path]]:
    """Font files, place by place."""
    if named:
        yield [file for file in _walk(Path(named)) if file.is_file()]
        return
    package = importlib.util.find_spec(PACKAGE)
    for folder in package.submodule_search_locations or [] if package else []:
        yield [file for file in _walk(Path(folder)) if _rank(file) < len(_ALL)]
    known = [file for root in _roots() for file in _walk(root) if _rank(file) < len(_ALL)]
    yield known


def _roots() -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft/Windows/Fonts"
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", local]
    return [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    ]


def _walk(root: Path) -> Iterator[Path]:
    for folder, _folders, names in os.walk(root):
        for name in sorted(names):
            if name.lower().endswith((".otf", ".ttf", ".ttc")):
                yield Path(folder) / name


_ALL: Final = tuple(name for group in FAMILIES for name in group)


def _key(file: Path) -> str:
    return "".join(character for character in file.stem.lower() if character.isalnum())


def _rank(file: Path) -> int:
    key = _key(file)
    if any(word in key for word in ("serif", "mono", "light", "thin", "black", "medium")):
        return len(_ALL) + 1
    return next((position for position, name in enumerate(_ALL) if key.startswith(name)), len(_ALL))


def _is_bold(file: Path) -> bool:
    key = _key(file)
    return "bold" in key or key.endswith("bd")


def _faces(file: Path, weight: int) -> Iterator[Face]:
    """Faces of a file that have what is needed, simplified Chinese first."""
    from fontTools.ttLib import TTCollection, TTLibError

    try:
        with file.open("rb") as opened:
            if opened.read(4) not in KINDS:
                return
        count = 1
        if file.suffix.lower() == ".ttc":
            with TTCollection(file, lazy=True) as collection:
                count = len(collection.fonts)
        faces = [Face(file, index, weight) for index in range(count)]
        faces = [face for face in faces if all(map(face.has, SAMPLE))]
        yield from sorted(faces, key=lambda face: ("SC" not in face.family, face.index))
    except (TTLibError, OSError, KeyError, ValueError):
        return
