"""Phrases: facts and words put together, in one language or in two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["joined", "phrases", "sentence"]


def joined(spoken: Sequence[str]) -> str:
    """Words of several languages as one; what stands around ``{}`` stays before or after it.

    Parameters
    ----------
    spoken : sequence of str
        The same word in each language, the first one first.

    Examples
    --------
    >>> joined(["概率 {}", "probability {}"])
    '概率 probability{}'
    """
    told = list(dict.fromkeys(spoken))
    if len(told) == 1 or "{}" not in told[0]:
        return " ".join(told)
    before, after = zip(*(text.split("{}", 1) for text in told), strict=True)
    start = before[0].partition(" ")[0]
    before = (before[0], *(text.removeprefix(f"{start} ") for text in before[1:]))
    return "{}".join(" ".join(filter(None, map(str.strip, part))) for part in (before, after))


def phrases(
    known: Mapping[str, Any], w: Mapping[str, str], first: Mapping[str, str]
) -> dict[str, str]:
    """Phrases that are put together of facts and words.

    Parameters
    ----------
    known : mapping
        A row of :func:`carbon.label.facts.facts`, with ``category`` in the languages asked for.
    w : mapping
        Words of all languages asked for.
    first : mapping
        Words of the first one.

    Returns
    -------
    dict of str to str
        What templates find beside the facts; empty where there is nothing to say.
    """
    low, high, unit = known["low"], known["high"], w["unit"].split(" ")[0]
    interval = f"{low}–{high}" if low and high else ""
    state = w[f"state_{known['state']}"]
    added, flown = (
        f"{sign}{known[name]}%" if known[name] else w["unknown"]
        for sign, name in (("+", "returns_add"), ("", "air"))
    )
    number = f"{w['gtin']} {known['gtin']}" if known["gtin"] else f"{w['sku']} {known['sku']}"
    reason = str(known["reason"])
    if known["state"] == "unknown":
        reason = f"{w['reason_unknown']} ({w['reason_codes']}: {reason})"
    elif reason:
        reason = w[f"reason_{reason}"]
    declared = w["declared"]
    if known["verifier"]:
        declared = f"{w['verified']}: {known['verifier']}"
    words = (
        f"{known['sku'][:40]}: {known['total'] or '?'} {unit} CO2e ({interval}) {known['edition']}"
    )
    return {
        "interval": interval,
        "interval_line": _put(w["interval"], interval) or w["reason_not_drawn"],
        "number_line": number,
        "reason_line": reason,
        "declared_line": declared,
        "certificate_line": f"{first['certificate']}: {known['certificate']}"
        if known["certificate"]
        else "",
        "category_line": f"{first['category']} {known['category']}",
        "merchant_line": f"{first['merchant']} {known['merchant']}" if known["merchant"] else "",
        "defaulted_line": ", ".join(
            first.get(f"column_{name}", name) for name in str(known["defaulted"]).split()
        )
        or w["none"],
        "notes_line": f"{w['offsets']} {w['not_official']}",
        "overlay_line": ", ".join(filter(None, (state, _put(w["interval"], interval)))),
        "returns_line": f"{first['returns']} {added}, {first['air']} {flown}",
        "ratio_line": _put(w["ratio"], known["ratio"], "%"),
        "state_line": state,
        "probability_line": _put(w["probability"], known["probability"], "%"),
        "edition_line": f"{first['edition']} {known['edition']}",
        "method_line": f"{first['method']} {known['method']}",
        "boundary_line": w[f"boundary_{known['boundary']}"],
        "date_line": f"{w['date']} {known['date']}",
        "valid_line": f"{w['valid']} {known['valid_until']}",
        "scan_line": w["link"] if known["link"] else w["text"],
        "code": known["link"] or words,
    }


def _put(pattern: str, value: str, unit: str = "") -> str:
    """The value in its words, spaced from them; nothing without a value."""
    if not value:
        return ""
    before, _, after = pattern.partition("{}")
    return " ".join(filter(None, (before.strip(), value + unit, after.strip())))


def sentence(
    known: Mapping[str, Any], w: Mapping[str, str], stages: Sequence[Mapping[str, str]]
) -> str:
    """The label read aloud: its description for those who do not see it.

    Parameters
    ----------
    known : mapping
        Facts and phrases.
    w : mapping
        Words of the first language.
    stages : sequence of mappings
        ``word`` and ``share`` of each stage.
    """
    total = f"{known['total']} {w['unit']} ({w['per']})" if known["total"] else w["state_unknown"]
    out = [f"{w['footprint']}: {total}", known["interval_line"] if known["total"] else ""]
    if known["letter"]:
        out.append(f"{known['letter']} ({known['state_line']}; {known['ratio_line']})")
    out += [known["reason_line"]]
    out += [f"{one['word']} {one['share']}%" for one in stages if one["share"]]
    out += [known["valid_line"], known["declared_line"]]
    return "; ".join(part for part in out if part)
