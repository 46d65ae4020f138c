"""Units: what a name is worth, and which names are refused."""

import subprocess
import sys

import numpy as np
import pint
import pytest

from carbon.base import units


@pytest.mark.parametrize(
    ("text", "quantity", "base"),
    [
        ("g", "mass", 0.001),
        ("G", "mass", 0.001),
        ("KG", "mass", 1),
        ("Kg", "mass", 1),
        ("kgs", "mass", 1),
        ("t", "mass", 1000),
        ("tonne", "mass", 1000),
        ("吨", "mass", 1000),
        ("斤", "mass", 0.5),
        ("jin", "mass", 0.5),
        ("公斤", "mass", 1),
        ("克", "mass", 0.001),
        ("g/件", "mass", 0.001),
        ("kg per unit", "mass", 1),
        ("lb", "mass", 0.45359237),
        ("千米", "distance", 1),
        ("公里", "distance", 1),
        ("m", "distance", 0.001),
        ("度", "electricity", 1),
        ("kwh", "electricity", 1),
        ("KWH", "electricity", 1),
        ("kWh/year", "electricity", 1),
        ("kWh per year", "electricity", 1),
        ("度/年", "electricity", 1),
        ("MJ", "electricity", 1 / 3.6),
        ("MJ", "heat", 1),
        ("mj", "heat", 1),
        ("mJ", "heat", 1e-9),
        ("kWh", "heat", 3.6),
        ("小时", "duration", 1),
        ("min", "duration", 1 / 60),
        ("年", "lifetime", 1),
        ("months", "lifetime", 1 / 12),
    ],
)
def test_scale(text, quantity, base):
    scale = units.scale(text, quantity)
    assert scale.code == ""
    assert scale(np.array([1.0]))[0] == pytest.approx(base, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "quantity", "code"),
    [
        ("ton", "mass", "C104"),
        ("Tons", "mass", "C104"),
        ("oz", "mass", "C104"),
        ("cup", "mass", "C104"),
        ("bag", "mass", "C104"),
        ("gallon", "mass", "C104"),
        ("两", "mass", "C104"),
        ("km", "mass", "C105"),
        ("kW", "electricity", "C105"),
        ("pcs", "distance", "C105"),
        ("foo", "mass", "C103"),
        ("g**9**9", "mass", "C103"),
        ("9" * 50, "mass", "C103"),
        ("kg" * 60, "mass", "C103"),
    ],
)
def test_refused(text, quantity, code):
    assert units.scale(text, quantity).code == code
    assert np.isnan(units.scale(text, quantity)(np.array([1.0]))).all()


def test_grams_and_kilograms_are_the_same_float():
    grams = np.array([12.0, 0.3, 200.0, 7.7])
    assert (units.scale("g", "mass")(grams) == np.array([0.012, 0.0003, 0.2, 0.0077])).all()


def test_aliases_come_after_the_exact_name():
    assert units.scale("瓩时", "electricity", {"瓩时": "kilowatt_hour"}).code == ""
    assert units.scale("ton", "mass", {"ton": "tonne"}).code == "C104"


def test_pint_is_not_imported_before_it_is_needed():
    code = "import sys, carbon.base.units, carbon.catalogue.read; assert 'pint' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("quantity", sorted(set(units.BASE_UNITS) - {"footprint"}))
def test_the_list_says_what_pint_says(quantity):
    registry = pint.UnitRegistry()
    base = registry.parse_units(units.BASE_UNITS[quantity])
    compared = 0
    for name, (kind, _) in units._names()[0].items():
        if kind == units._KINDS.get(quantity, quantity) and name in dir(registry):
            expected = registry.Quantity(1.0, name).to(base).magnitude
            assert units.scale(name, quantity)(np.array([1.0]))[0] == pytest.approx(expected)
            compared += 1
    assert compared >= 1


@pytest.mark.parametrize(
    ("text", "quantity", "base"),
    [
        ("gr", "mass", 0.001),
        ("MT", "mass", 1000),
        ("市斤", "mass", 0.5),
        ("磅", "mass", 0.45359237),
        ("克拉", "mass", 0.0002),
        ("GJ", "heat", 1000),
        ("MWh", "electricity", 1000),
        ("万千瓦时", "electricity", 10_000),
        ("秒", "duration", 1 / 3600),
        ("万小时", "duration", 10_000),
    ],
)
def test_units_of_commerce(text, quantity, base):
    assert units.scale(text, quantity)(np.array([1.0]))[0] == pytest.approx(base, rel=1e-12)


@pytest.mark.parametrize("text", ["dr", "dwt", "钱", "台斤", "tael", "fl oz", "parsec", "grain"])
def test_words_that_no_trade_shares_are_refused(text):
    assert units.scale(text, "mass").code in ("C103", "C104")
