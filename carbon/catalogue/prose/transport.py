"""Reads carriers and services, gives chains by their main mode, or an open way."""

from __future__ import annotations

import re
from typing import Final

from carbon.catalogue.names import key
from carbon.catalogue.prose.wording import LEFT_ALONE, Reading, Wording, pieces, tidy
from carbon.catalogue.schema import Vocabulary

__all__ = ["TransportProse"]

_SHARE: Final = re.compile(r"\(?\s*[:]?\s*(?P<n>\d+(?:\.\d+)?)\s*%\s*\)?")
_MIX: Final = re.compile(r"(?<=%)\s+(?=[^\d\s)])")
PARCEL: Final = "parcel"


class TransportProse:
    """Reader of cells about the way goods take.

    ``vocabulary``: its words of the kind ``carrier`` say which mode a service uses, or ``parcel``
    where it says no more than that a parcel is sent; ``drop.mode`` are words that change nothing.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.wording = Wording(vocabulary, "mode")
        self.words = {key(word): mode for word, mode in vocabulary.words_of("carrier").items()}
        for word, code in self.wording.names.codes.items():
            self.words.setdefault(word, self.wording.names.ids[code])
        for word in self.wording.dropped:
            self.words.setdefault(word, "")
        signs = sorted((word for word in self.words if not word.isascii()), key=len, reverse=True)
        latin = sorted((word for word in self.words if word.isascii()), key=len, reverse=True)
        self._word = re.compile(
            "|".join(
                [
                    *(re.escape(word) for word in signs),
                    rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, latin)) or '(?!)'})(?![a-z0-9])",
                ]
            )
        )

    def read(self, text: str, _category: str = "") -> Reading:
        """Chains of a cell."""
        clean = tidy(text)
        complete = None if "%" in clean else self._modes(clean)
        if complete is not None and len(complete) < 2:
            return Reading(complete.pop()) if complete else Reading(None, "C228")
        shares: list[tuple[str, str]] = []
        parts = [_MIX.split(piece) for piece in pieces(re.sub(r"\u2192|->|>", ";", clean))]
        for piece in (part for split in parts for part in split if part):
            share = _SHARE.search(piece)
            modes = self._modes(_SHARE.sub(" ", piece))
            if modes is None or len(modes) > 1:
                return LEFT_ALONE
            shares.append((modes.pop() if modes else PARCEL, share["n"] if share else ""))
        modes = {mode for mode, _ in shares}
        if not shares:
            return LEFT_ALONE
        if PARCEL in modes:
            return Reading(None, "C228")
        if len(modes) == 1:
            return Reading(modes.pop())
        if all(share for _, share in shares):
            return Reading(" | ".join(f"{mode} {share}%" for mode, share in shares))
        return Reading(None, "C229")

    def _modes(self, text: str) -> set[str] | None:
        """Modes that a piece names, none for a parcel; None if a part of it is not known."""
        folded = key(text)
        modes = set()
        for word in self._word.findall(folded):
            modes.add(self.words[word])
        rest = key(re.sub(r"[\s()\[\]\u3010\u3011*#!.\-]+", " ", self._word.sub(" ", folded)))
        if rest or not modes:
            return None
        return modes - {"", PARCEL}
