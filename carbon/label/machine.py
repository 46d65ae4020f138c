"""Reads the facts of a SKU, gives the label for machines: JSON and schema.org markup [kg CO2e].

Both are written from the facts that the printed label shows, with the same digits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from carbon.base.terms import BOUNDARIES, FUNCTIONAL_UNIT, STAGES
from carbon.label.scale import Scale

__all__ = ["SCHEMA", "json_label", "json_ld"]

SCHEMA: Final = "carbon-label/label/2"
"""Name and version of the format; ``templates/schema/label.schema.json`` describes it."""


def json_label(fact: Mapping[str, Any], scale: Scale) -> str:
    """The machine-readable label of one SKU, a JSON object and a line feed; unknown is null.

    >>> from carbon.label.render import example
    >>> told = json.loads(json_label(*example()))
    >>> told["footprint"]["value"], told["grade"]["letter"], told["grade"]["state"]
    (7.2, 'B', 'sure')
    """
    bounds = [None, *scale.bounds.tolist(), None]
    certificate = _text(fact["certificate"])
    content = {
        "schema": SCHEMA,
        "sku": fact["sku"],
        "gtin": _text(fact["gtin"]),
        "name": _text(fact["name"]),
        "merchant": _text(fact["merchant"]),
        "category": {"zh": fact["category_zh"], "en": fact["category_en"]},
        "footprint": {
            "value": _number(fact["total"]),
            "low": _number(fact["low"]),
            "high": _number(fact["high"]),
            "confidence": 0.95,
            "unit": "kg CO2e",
            "functional_unit": FUNCTIONAL_UNIT,
            "taken_high_for_silence": _number(fact["dear"]),
        },
        "per_functional_unit": {
            "quantity": _number(fact["quantity"]),
            "unit": _text(fact["unit"]),
            "size_class": _text(fact["size_class"]),
            "value": _number(fact["unit_kg"]),
        },
        "grade": {
            "state": fact["state"],
            "letter": _text(fact["letter"]),
            "best": _text(fact["best"]),
            "worst": _text(fact["worst"]),
            "likeliest": _text(fact["likeliest"]),
            "probability_percent": _share(fact["probability"]),
            "ratio_percent": _number(fact["ratio"]),
            "reason": _text(fact["reason"]),
            "why": [
                {"factor": factor, "percent": _number(percent.lstrip("+"))}
                for factor, _, percent in (
                    part.strip().partition(":") for part in fact["why"].split(";") if part
                )
            ],
            "reference": _text(fact["reference"]),
            "reference_value": _number(fact["reference_kg"]),
            "scale": [
                {"letter": letter, "above": bounds[position], "up_to": bounds[position + 1]}
                for position, letter in enumerate(scale.letters)
            ],
        },
        "stages": [
            {
                "stage": stage,
                "value": _number(fact[f"{stage}_kg"]),
                "share_percent": _share(fact[f"{stage}_share"]),
            }
            for stage in STAGES
            if stage in BOUNDARIES[fact["boundary"]]
        ],
        "returns_add_percent": _share(fact["returns_add"]),
        "return_rate_percent": _share(fact["return_rate"]),
        "air_percent": _share(fact["air"]),
        "air_assumed": bool(fact["air_assumed"]),
        "packaging_g": _number(fact["packaging"]),
        "quality": {
            "evidence": _text(fact["evidence"]),
            "supplier_footprint": _number(fact["supplier"]),
            "primary_share_percent": _share(fact["primary_share"]),
            "documented_share_percent": _share(fact["documented_share"]),
            "rating": _number(fact["dqr"]),
            "assumed": fact["defaulted"].split(),
        },
        "edition": fact["edition"],
        "method": fact["method"],
        "boundary": fact["boundary"],
        "issued": fact["date"],
        "valid_until": fact["valid_until"],
        "declaration": {
            "kind": "verified" if certificate else "self-declared",
            "verifier": _text(fact["verifier"]) if certificate else None,
            "certificate": certificate,
        },
        "link": _text(fact["link"]),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def json_ld(fact: Mapping[str, Any], scale: Scale) -> str:
    """The label as schema.org markup (JSON-LD) that can stand in a ``script`` whatever names hold.

    ``hasCertification`` is told only of what a third party has verified; the footprint and its
    letter are properties of their own.

    >>> from carbon.label.render import example
    >>> told = json.loads(json_ld(*example()))
    >>> told["@type"], told["additionalProperty"][0]["value"]
    ('Product', 7.2)
    """
    product: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": fact["name"] or fact["category_en"],
        "sku": fact["sku"],
        "category": fact["category_en"],
    }
    if fact["gtin"]:
        product["gtin"] = fact["gtin"]
    value = {"value": _number(fact["total"]), "unitText": f"kg CO2e per {FUNCTIONAL_UNIT}"}
    if fact["low"]:
        value |= {"minValue": _number(fact["low"]), "maxValue": _number(fact["high"])}
    if not fact["total"]:
        value = {"value": "unknown"}
    properties = [
        {"name": "carbonFootprint", **value, "measurementTechnique": fact["method"]},
        {"name": "carbonFootprintGradeState", "value": fact["state"]},
        {"name": "carbonFootprintEdition", "value": fact["edition"]},
        {"name": "carbonFootprintValidUntil", "value": fact["valid_until"]},
    ]
    if fact["letter"]:
        about = f"{scale.letters[0]} lowest to {scale.letters[-1]} highest"
        properties.insert(
            1, {"name": "carbonFootprintGrade", "value": fact["letter"], "description": about}
        )
    shares = {"returnsAddPercent": fact["returns_add"], "airPercent": fact["air"]}
    properties += [{"name": name, "value": _share(text)} for name, text in shares.items() if text]
    product["additionalProperty"] = [{"@type": "PropertyValue", **each} for each in properties]
    if fact["certificate"]:
        product["hasCertification"] = {
            "@type": "Certification",
            "name": "Product carbon footprint",
            "certificationIdentification": fact["certificate"],
            "issuedBy": {"@type": "Organization", "name": fact["verifier"]},
            "expires": fact["valid_until"],
        }
    text = json.dumps(product, ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _number(text: str) -> float | int | None:
    if not text:
        return None
    return float(text) if "." in text else int(text)


def _share(text: str) -> float | int | str | None:
    """A percentage; ``<1`` stays as it is printed."""
    return text if text.startswith("<") else _number(text)


def _text(text: str) -> str | None:
    return text or None
