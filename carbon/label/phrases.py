"""Reads the facts of a SKU and words, gives phrases in one language or in two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from carbon.base.codes import CODES
from carbon.base.rests import RESTS

__all__ = ["joined", "phrases", "reasons", "reference_text", "sentence", "unit_word", "why"]


def joined(spoken: Sequence[str]) -> str:
    """Words of several languages as one; what stands around ``{}`` stays before or after it.

    >>> joined(["概率 {}", "probability {}"])
    '概率 probability{}'
    """
    different = list(dict.fromkeys(spoken))
    if len(different) == 1 or "{}" not in different[0]:
        return " ".join(different)
    before, after = zip(*(text.split("{}", 1) for text in different), strict=True)
    start = before[0].partition(" ")[0]
    before = (before[0], *(text.removeprefix(f"{start} ") for text in before[1:]))
    return "{}".join(" ".join(filter(None, map(str.strip, part))) for part in (before, after))


def phrases(
    known: Mapping[str, Any], w: Mapping[str, str], each: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Phrases that templates find beside the facts; empty where there is nothing to say.

    ``known`` is a row of facts, with ``category`` in the languages asked for; ``w`` are words of
    all these languages, ``each`` of one, the first one first.
    """
    first, *_ = each.values()
    low, high = known["low"], known["high"]
    interval = f"{low}–{high}" if low and high else ""
    state = _in_all(each, lambda words, _lang: _state(known, words))
    added, flown = (
        f"{sign}{known[name]}{first['percent']}" if known[name] else first["unknown"]
        for sign, name in (("+", "returns_add"), ("", "air"))
    )
    colon = first["colon"]
    rests = {name: known[column] for name, column in RESTS.items()}
    number = (
        f"{first['gtin']} {known['gtin']}" if known["gtin"] else f"{first['sku']} {known['sku']}"
    )
    declared = w["declared"]
    if known["verifier"]:
        declared = f"{w['verified']}{colon}{known['verifier']}"
    words = f"{known['sku'][:40]}: {known['total'] or '?'} kg CO2e ({interval}) {known['edition']}"
    evidence = known["evidence"]
    evidence = first.get(f"evidence_{evidence}", evidence)
    without_use = str(known["boundary"]).endswith("-without-use")
    titles = [words["title_without_use" if without_use else "title"] for words in each.values()]
    return {
        "interval": interval,
        "interval_line": _put(w["interval"], interval) or w["reason_not_drawn"],
        "number_line": number,
        "reason_line": _in_all(
            each, lambda words_of_lang, lang: reasons(known, words_of_lang, lang)
        ),
        "why_line": why(str(known["why"]), first),
        "rests_line": first["rests"].format(**rests) if all(rests.values()) else "",
        "dear_line": first["dear"].format(known["dear"]) if known["dear"] else "",
        "evidence_line": f"{first['evidence']}{colon}{evidence}" if evidence else "",
        "evidence_word": evidence,
        "supplier_line": first["supplier"].format(known["supplier"]) if known["supplier"] else "",
        "unit_line": _per_unit(known, first),
        "title_line": titles[0],
        "other_title_line": titles[-1],
        "without_use": w["without_use"] if without_use else "",
        "declared_line": declared,
        "certificate_line": f"{first['certificate']}{colon}{known['certificate']}"
        if known["certificate"]
        else "",
        "category_line": f"{first['category']} {known['category']}",
        "merchant_line": f"{first['merchant']} {known['merchant']}" if known["merchant"] else "",
        "defaulted_line": first["why_comma"].join(
            first.get(f"column_{name}", name) for name in str(known["defaulted"]).split()
        )
        or w["none"],
        "ask_first_line": _asked(known, first, next(iter(each))) or w["none"],
        "reference_line": reference_text(str(known["reference"]), first),
        "notes_line": f"{w['offsets']} {w['not_official']}",
        "overlay_line": first["why_comma"].join(
            filter(None, (state, _put(w["interval"], interval)))
        ),
        "returns_line": f"{first['returns']} {added}{first['why_comma']}{first['air']} {flown}",
        "ratio_line": _put(w["ratio"], known["ratio"], first["percent"]),
        "state_line": state,
        "probability_line": _chance(known, first),
        "edition_line": f"{first['edition']} {known['edition']}",
        "method_line": f"{first['method']} {known['method']}",
        "boundary_line": w[f"boundary_{known['boundary']}"],
        "date_line": f"{w['date']} {known['date']}",
        "valid_line": f"{w['valid']} {known['valid_until']}",
        "scan_line": w["link"] if known["link"] else w["text"],
        "code": known["link"] or words,
    }


def reasons(known: Mapping[str, Any], words: Mapping[str, str], lang: str) -> str:
    """Why a SKU has no sure letter, in words: the rules of its codes; what is no code stays.

    >>> words = {"semicolon": "; ", "colon": ": ", "reason_unknown": "data missing"}
    >>> reasons({"state": "unknown", "reason": "S003"}, words, "en")
    'data missing: the sku is not in the catalogue'
    """
    state = str(known["state"])
    codes = str(known["reason"]).split()
    rules = [CODES[code].rule_in(lang) if code in CODES else code for code in codes]
    listed = words["semicolon"].join(rules)
    if state == "unknown":
        return words["colon"].join(filter(None, (words["reason_unknown"], listed)))
    return listed


def _in_all(each: Mapping[str, Mapping[str, str]], phrase: Any) -> str:
    """A phrase in every language asked for, one behind the other, each once."""
    return " ".join(dict.fromkeys(phrase(words, lang) for lang, words in each.items()))


def _state(known: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if known["state"] != "range":
        return words[f"state_{known['state']}"]
    single = known["best"] == known["worst"]
    return words["state_one" if single else "state_range"].format(known["letter"])


def _chance(known: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """How sure the likeliest letter is."""
    if not known["probability"] or not known["likeliest"]:
        return ""
    chance = f"{known['probability']}{words['percent']}"
    if known["letter"] == known["likeliest"]:
        return _put(words["probability"], chance)
    return words["likeliest"].format(letter=known["likeliest"], chance=chance)


def why(text: str, words: Mapping[str, str]) -> str:
    """The told facts that move a letter most, in words, from ``factor:percent`` joined by ``;``.

    >>> from carbon.base.words import section
    >>> why("packaging:-6;returns:+14", section("label", "zh"))
    '主要差异：包装 −6%，退货 +14%'
    """
    items = []
    for part in filter(None, text.split(";")):
        factor, _, percent = part.strip().partition(":")
        keys = (f"why_{factor}", f"stage_{factor}", f"column_{factor}")
        name = next((words[key] for key in keys if key in words), factor.replace("_", " "))
        sign = {"-": "−", "+": "+"}.get(percent[:1], "+")
        filled = {"factor": name.lower(), "sign": sign, "percent": percent.lstrip("+-")}
        items.append(words["why_item"].format(**filled))
    return words["why"].format(words["why_comma"].join(items)) if items else ""


def _per_unit(known: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The number per functional unit, where that is another one."""
    if not known["unit_kg"]:
        return ""
    unit = str(known["unit"])
    return words["per_unit"].format(kg=known["unit_kg"], unit=unit_word(unit, words))


def unit_word(unit: str, words: Mapping[str, str]) -> str:
    """A functional unit in words; as it is written where there are none.

    >>> unit_word("100 sheets", {"unit_100_sheets": "百张"}), unit_word("m2", {})
    ('百张', 'm2')
    """
    return words.get(f"unit_{unit.replace(' ', '_')}", unit)


def _asked(known: Mapping[str, Any], words: Mapping[str, str], lang: str) -> str:
    """Data that would help most, by their names."""
    names = []
    text = str(known["ask_first_zh" if lang == "zh" else "ask_first"])
    for item in filter(None, text.split("; ")):
        kind, colon, factor = item.partition(": ")
        if colon and kind == "factor":
            names.append(words["ask_factor"].format(factor))
        else:
            names.append(words.get(f"column_{item}", item.replace("_", " ")))
    return words["semicolon"].join(names)


def reference_text(text: str, words: Mapping[str, str]) -> str:
    """What a SKU is held against, in words, from the id of the references.

    >>> reference_text("archetype 2026.1", {"reference_archetype": "类目典型商品 {}"})
    '类目典型商品 2026.1'
    """
    kind, _, edition = text.partition(" ")
    if not text:
        return ""
    if kind == "archetype":
        return words["reference_archetype"].format(edition)
    return words["reference_own"].format(text)


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

    It is in the first language; stages have ``spoken`` and ``share``.
    """
    total = (
        f"{known['total']} {w['unit']}{w['why_comma']}{w['per']}"
        if known["total"]
        else w["state_unknown"]
    )
    parts = [f"{w['footprint']}{w['colon']}{total}"]
    parts += [known["interval_line"], known["unit_line"]] if known["total"] else []
    if known["letter"]:
        said = filter(None, (known["state_line"], known["ratio_line"]))
        parts.append(f"{known['letter']}{w['colon']}{w['why_comma'].join(said)}")
    elif known["total"]:
        parts.append(known["state_line"])
    parts += [known["reason_line"], known["why_line"], known["dear_line"], known["evidence_line"]]
    parts += [f"{each['word']} {each['share']}{w['percent']}" for each in stages if each["share"]]
    parts += [known["valid_line"], known["declared_line"]]
    return w["semicolon"].join(part for part in parts if part)
