"""Intervals: draws that are what they say, paired, and the same in every batch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from carbon.background import sampling
from carbon.background.brightway import draw_spreads, lca, sampled_impacts, sampled_package
from carbon.background.edition import load_edition
from carbon.background.unit_impacts import PARTS, characterization, fill_later
from carbon.base.errors import FactorsError, StudyError
from carbon.base.terms import BOUNDARIES, FITS, PROVENANCES
from carbon.catalogue.schema import Catalogue
from carbon.cli.main import main
from carbon.footprint import uncertainty
from carbon.footprint.compare import comparable, probability_lower
from carbon.footprint.quality import assess, variance
from carbon.footprint.result import (
    BIOGENIC_CO2_COLUMN,
    INTERVAL_COLUMNS,
    QUANTITY_COLUMNS,
    RESULT_COLUMNS,
)
from carbon.footprint.spreads import Spread, Spreads
from carbon.footprint.streams import Streams, content_keys, even_ranks, middles
from carbon.stages.groups import PARAMETERS, RATES
from carbon.study import Study

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "catalogue.csv"
FEW = 200
HEAD = "sku,category,mass,materials,packaging,origin,destination,transport,return_rate"
PAIR = f"""{HEAD}
A,t_shirt,200 g,cotton 100%,courier bag 12 g,CN-ZJ,CN-GD,truck 900 km,35%
B,t_shirt,201 g,cotton 100%,courier bag 12 g,CN-ZJ,CN-GD,truck 900 km,35%
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return Study()


@pytest.fixture(scope="module")
def goods(study: Study) -> Catalogue:
    return study.catalogue(EXAMPLES)


def own(folder: Path, **tables: str) -> Path:
    """A factor package of someone's own."""
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    described = {"name": "own", "version": "1", "title": "t", "licenses": [{"name": "x"}]}
    (folder / "datapackage.json").write_text(json.dumps({**described, "citation": "c"}))
    CliRunner().invoke(main, ["factors", "seal", str(folder)])
    return folder


SPREAD_HEAD = "parameter,origin,distribution,gsd2,low,high,count,bounds,unit,kind,cite\n"


def certain() -> str:
    """What a merchant says is exact; only factors are uncertain."""
    rows = [
        f"{name},{origin},fixed,,,,,,1,assumption,test\n"
        for name in (*PARAMETERS, *RATES)
        for origin in ("given", "measured", "default")
    ]
    return SPREAD_HEAD + "".join(rows)


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("sure") / "own"
    return Study(factors=[own(folder, foreground_uncertainty=certain())], cache=False)


# ------------------------------------------------------------------ one formula book


@pytest.mark.parametrize("boundary", list(BOUNDARIES))
def test_without_spread_the_draws_are_the_footprints(
    boundary: str, goods: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(boundary=boundary)
    central = study.unit_impacts.values.sum(axis=1)
    sampler = uncertainty.Sampler(
        study.edition,
        study.vocabulary,
        study.boundary,
        np.repeat(central[:, None], 3, axis=1).astype(np.float32),
        study.match,
        study.method,
        lambda: central,
    )
    monkeypatch.setattr(sampler.mismatch, "draw", lambda *_: 1)
    monkeypatch.setattr(sampler.spreads, "of", lambda *_: Spread.none(len(goods)))
    expected = study.footprints(goods).stages
    drawn = sampler.sample(sampler.part(goods), 0, expected, stages=True)
    total = np.abs(expected.sum(axis=1))[:, None]
    for draw in range(3):
        assert np.nanmax(np.abs(drawn.stages[..., draw] - expected) / total) < 1e-6
    assert np.array_equal(np.isnan(drawn.total[:, 0]), np.isnan(total[:, 0]))


# ------------------------------------------------------------------ analytic cases


def test_a_sum_of_lognormals_through_brightway(tmp_path: Path) -> None:
    """Two inputs inside a linked dataset: E and Var by hand, within four standard errors."""
    head = (
        "activity,location,unit,year,title,title_zh,boundary,production,gsd2,pedigree,kind,cite\n"
    )
    rows = "".join(
        f"{name},GLO,kg,2026,t,,b,{production},{gsd2},1;1;1;1;1,{kind},c\n"
        for name, production, gsd2, kind in (
            ("one", 1, 1.8, "published"),
            ("two", 2, 2.5, "published"),
            ("both", 1, 1.3, "derived"),
        )
    )
    links = (
        "activity,location,kind,flow,flow_location,amount,unit,cite\n"
        'one,GLO,emission,"carbon dioxide, fossil",,3,kg,c\n'
        'two,GLO,emission,"carbon dioxide, fossil",,4,kg,c\n'
        "both,GLO,input,one,GLO,0.5,kg,c\n"
        "both,GLO,input,two,GLO,1.5,kg,c\n"
    )
    edition = load_edition(extra=[own(tmp_path / "own", activities=head + rows, exchanges=links)])
    draws = 1000
    values = sampling.sample(edition, "GWP100 AR6", draws, cache=False)
    found = values[edition.match("both", "GLO")[0]].astype(float)

    def moments(mean: float, gsd2: float) -> tuple[float, float]:
        s2 = (np.log(gsd2) / 2) ** 2
        return mean, mean**2 * (np.exp(s2) - 1)

    (m1, v1), (m2, v2), (m3, v3) = moments(1.5, 1.8), moments(3.0, 2.5), moments(1, 1.3)
    mean = (m1 + m2) * m3
    deviation = np.sqrt((v1 + v2 + (m1 + m2) ** 2) * (v3 + m3**2) - mean**2)
    assert abs(found.mean() - mean) < 4 * deviation / np.sqrt(draws)
    kurtosis = stats.kurtosis(found, fisher=False)
    error = deviation * np.sqrt((kurtosis - 1) / 4 / draws)
    assert abs(found.std() - deviation) < 4 * error


@pytest.mark.parametrize("rate", [0.05, 0.35, 0.6, 0.9])
def test_odds_of_a_beta_return_rate(study: Study, rate: float) -> None:
    """The mean of r/(1−r) is the printed one, its spread that of r beta(α, β)."""
    text = "sku,category,return_rate,mass\n" + "".join(
        f"S{i},t_shirt,{rate},{200 + i} g\n" for i in range(40)
    )
    sampler = study.sampler(1000)
    part = sampler.part(study.catalogue(text))
    drawn = part._rate("return_rate", slice(0, 40)).astype(float)
    assert np.allclose(drawn.mean(axis=1), rate / (1 - rate), rtol=1e-4)
    beta = stats.beta(rate * 300, (1 - rate) * 300)
    assert np.allclose((drawn / (1 + drawn)).std(axis=1), beta.std(), rtol=0.08)
    assert len({tuple(row) for row in drawn.tolist()}) == 40, "every content draws its own"


def test_a_mean_converges_as_the_root_of_the_draws() -> None:
    gsd2 = np.full(600, 2.0)
    truth = np.exp((np.log(2.0) / 2) ** 2 / 2)
    counts = np.array([50, 200, 800])
    errors = [
        np.sqrt(((draw_spreads(gsd2, int(n), 3).mean(axis=1) - truth) ** 2).mean()) for n in counts
    ]
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert abs(slope + 0.5) < 0.05


def test_quantile_functions_are_those_of_scipy(study: Study, tmp_path: Path) -> None:
    rows = (
        "mass,given,normal,,0.8,1.3,,,1,assumption,t\n"
        "materials,given,triangular,,0.5,1.2,,,1,assumption,t\n"
        "packaging,given,uniform,,0.9,1.4,,,1,assumption,t\n"
    )
    folder = own(tmp_path / "own", foreground_uncertainty=SPREAD_HEAD + rows)
    edition = load_edition(extra=[folder])
    at = (np.arange(500) + 0.5) / 500
    spreads = Spreads(edition, study.vocabulary, at)
    goods = study.catalogue(PAIR)
    normal = stats.norm(1.05, 0.5 / 2 / 1.959964)
    # whose mean is made 1, for the printed value is the expected one
    shapes = {
        "mass": stats.truncnorm(-1.05 / normal.std(), np.inf, 1.05, normal.std()),
        "materials": stats.triang(0.5 / 0.7, 0.5, 0.7),
        "packaging": stats.uniform(0.9, 0.5),
    }
    for name, shape in shapes.items():
        spread = spreads.of(goods, name)
        quantiles = shape.ppf(at)
        expected = quantiles / quantiles.mean()
        if name == "materials":  # of one material alone: certain
            assert spread.row[0] == -1
            continue
        assert np.allclose(spread.table[spread.row[0]], expected, rtol=1e-5), name


# ------------------------------------------------------------------ the background


def test_every_draw_is_an_ordinary_brightway_lca(study: Study) -> None:
    edition, draws = study.edition, 4
    flows = characterization(edition, study.method)
    total = {flow: float(vector[: len(PARTS)].sum()) for flow, vector in flows.items()}
    factors = draw_spreads(sampling.spread(edition), draws, 5)
    published = edition.activities["published"].to_numpy()
    first = edition.at_first
    edition.reach(["VN"])  # templates are linked where they are wanted
    linked = np.flatnonzero(edition.linked)
    values = np.full((len(published) + 1, draws), np.nan)
    values[first] = sampled_impacts(edition, total, factors[published[first]])
    later = np.setdiff1d(linked, first)
    single = {flow: np.array([value]) for flow, value in total.items()}
    fill_later(edition, values, single, later, drawn=factors[published[later]])
    demand = {
        edition.match(name, "VN")[0]: amount
        for name, amount in (
            ("garment production, knitted cotton", 0.2),
            ("freight, lorry", 1.3),
            ("disposal of paper and board", 0.1),
        )
    }
    assert set(demand) & set(later.tolist()), "a template at a place is among them"
    package = sampled_package(edition, total, factors[published[linked]])
    one = lca(package, demand, use_arrays=True)
    for draw in range(draws):
        if draw:
            next(one)
        one.lci_calculation() if draw else one.lci()
        expected = sum(values[row, draw] * amount for row, amount in demand.items())
        assert np.isclose(one.inventory.sum(), expected, rtol=1e-6)


def test_instances_of_a_template_share_their_factor(study: Study) -> None:
    activities = study.edition.activities
    instances = activities[activities["activity"] == "garment production, knitted cotton"]
    assert len(instances) > 10
    assert instances["published"].nunique() == 1


def test_a_spread_is_published_or_basic_with_pedigree(study: Study) -> None:
    edition = study.edition
    datasets = edition.datasets.assign(whole=sampling.spread(edition))
    wide = datasets[datasets["gsd2"] > 1.2]
    assert (wide["whole"] == wide["gsd2"]).all()
    row = datasets[datasets["activity"] == "electricity, coal, at grid"].iloc[0]
    logs = np.log([row["gsd2"], 1.54, 1.03, 1.03, 1.0, 1.18])  # Ciroth et al. 2016 for 2;2;2;1;2
    assert row["pedigree"] == "2;2;2;1;2"
    assert np.isclose(row["whole"], np.exp(np.sqrt((logs**2).sum())))


@pytest.mark.parametrize(
    ("edition", "expected"),
    [("2026.1", [1.0, 1.04, 1.08, 1.11]), ("2026.2", [1.0, 1.1, 1.25, 1.7])],
)
def test_a_poor_fit_widens(edition: str, expected: list[float]) -> None:
    loaded = load_edition(edition)
    mismatch = sampling.Mismatch(loaded)
    rows = np.full(5, loaded.match("freight, lorry", "GB")[0], dtype=np.int32)
    fits = np.array(
        [FITS.index(fit) for fit in ("exact", "region", "global", "world proxy", "none")]
    )
    found = mismatch.gsd2(rows, fits.astype(np.int8))
    assert found[:4].tolist() == pytest.approx(expected)


def test_a_national_figure_at_home_is_narrower_than_a_foreign_proxy() -> None:
    edition = load_edition("2026.2")
    home, abroad = (
        sampling.drawn_gsd2(edition, *edition.match(name, "CN"))
        for name in ("electricity, coal, at grid", "natural gas, burned")
    )
    assert home < abroad
    proxy = edition.match("natural gas, burned", "CN")
    assert FITS[proxy[1]].endswith("proxy")
    assert sampling.drawn_gsd2(edition, proxy[0], FITS.index("exact")) < abroad


# ------------------------------------------------------------------ intervals


def test_every_value_lies_in_its_interval(study: Study, goods: Catalogue) -> None:
    found = study.footprints(goods, draws=FEW)
    table = found.to_frame(stages=True)
    assert (table["low_kg"] <= table["total_kg"]).all()
    assert (table["total_kg"] <= table["high_kg"]).all()
    assert (table["low_kg"] < table["high_kg"]).all()
    assert (table["gsd"] > 1).all()
    for name in ("materials", "packaging", "returns", "end_of_life"):
        assert (table[f"{name}_low_kg"] <= table[f"{name}_kg"]).all(), name
        assert (table[f"{name}_kg"] <= table[f"{name}_high_kg"]).all(), name
    assert table["primary_share"].between(0, 1).all()
    assert table["dqr"].between(1, 5).all()
    assert table["ask_first"].str.count("; ").eq(2).all()


def test_a_negative_stage_has_its_interval_the_right_way_round(
    study: Study, goods: Catalogue
) -> None:
    """Credits are refused (F015), so the background is turned round by hand."""
    some = goods.part(0, 60)
    turned = uncertainty.Sampler(
        study.edition,
        study.vocabulary,
        study.boundary,
        -study.sampler(FEW).sampled,
        study.match,
        study.method,
        lambda: -study.sampler(FEW).central,
    )
    central = -study.footprints(some).stages
    found = turned.intervals(turned.part(some), central)
    both = np.column_stack([central.sum(axis=1), central])
    inside = both != 0
    assert (found.high[inside] < 0).all()
    assert (found.low <= both).all()
    assert (both <= found.high).all()
    assert np.isnan(found.gsd).all()


def test_intervals_hold_the_truth_in_95_percent(study: Study) -> None:
    """Truths from other seeds: another background draw and other own draws for every SKU."""
    random = np.random.default_rng(11)
    rows = 3000
    text = pd.DataFrame(
        {
            "sku": [f"S{i}" for i in range(rows)],
            "category": random.choice(["t_shirt", "dress", "toy", "tea"], rows),
            "mass": [f"{g} g" for g in random.integers(150, 400, rows)],
            "return_rate": random.uniform(0.05, 0.6, rows).round(3).astype(str),
        }
    )
    goods = study.catalogue(text)
    found = study.footprints(goods, draws=1000).interval
    other = Study(replace(study.edition, digest="5" * 64), cache=False)
    truth = np.concatenate([part.total for part in other.sample(goods, 1000)])
    truth = truth[np.arange(rows), np.arange(rows) % 1000]
    inside = (found.low[:, 0] <= truth) & (truth <= found.high[:, 0])
    assert abs(inside.mean() - 0.95) < 0.015


def test_an_sku_draws_the_same_alone_and_in_any_batch(
    study: Study, goods: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = goods.part(0, 150)
    whole = next(study.sample(some, FEW, stages=True))
    for chunk in (1000, 64, 37):
        parts = list(study.sample(some, FEW, chunk=chunk, stages=True))
        assert [part.start for part in parts] == list(range(0, 150, chunk))
        assert np.array_equal(np.concatenate([part.total for part in parts]), whole.total)
        assert np.array_equal(np.concatenate([part.stages for part in parts]), whole.stages)
    names = some.skus["sku"].tolist()
    for at in (0, 70, 149):
        alone = next(study.sample(goods.select([names[at]]), FEW))
        assert np.array_equal(alone.total[0], whole.total[at])
    backwards = next(study.sample(some.select(names[::-1]), FEW))
    assert np.array_equal(backwards.total[::-1], whole.total)
    monkeypatch.setattr(uncertainty, "workers", lambda: 1)
    monkeypatch.setattr(uncertainty, "BLOCK", 13)
    assert np.array_equal(next(study.sample(some, FEW)).total, whole.total)
    frames = [study.footprints(some, draws=FEW, chunk=chunk).to_frame() for chunk in (40, 150)]
    pd.testing.assert_frame_equal(*frames, check_exact=True, check_categorical=False)


def test_a_failed_sku_has_no_interval(study: Study) -> None:
    text = "sku,category,mass\nA,t_shirt,180 g\nB,swimwear,32 kg\n"
    table = study.footprints(text, draws=FEW).to_frame()
    assert table["low_kg"].notna().tolist() == [True, False]
    assert table["ask_first"].tolist()[1] == ""
    drawn = next(study.sample(text, FEW)).total
    assert np.isnan(drawn[1]).all()


def test_keys_belong_to_the_content(study: Study) -> None:
    """Names, prices and what was sold decide nothing; every cell that counts does."""
    head = "sku,category,name,price,units_sold,mass,materials,return_rate\n"
    base = "{},t_shirt,{},{},{},180 g,cotton 95%; elastane 5%,35%\n"
    text = head + base.format("A", "x", 79, 10) + base.format("B", "y", 129, 20)
    text += "C,t_shirt,x,79,10,180 g,elastane 5%; cotton 95%,35%\n"
    text += "D,t_shirt,x,79,10,181 g,cotton 95%; elastane 5%,35%\n"
    text += "E,t_shirt,x,79,10,180 g,cotton 95%; elastane 5%,36%\n"
    goods = study.catalogue(text)
    a, b, c, d, e = content_keys(goods).tolist()
    assert a == b == c
    assert len({a, d, e}) == 3
    assert content_keys(goods.select(["E", "A"])).tolist() == [e, a]
    drawn = next(study.sample(goods, FEW)).total
    assert np.array_equal(drawn[0], drawn[1])


def test_parameters_of_a_sku_are_independent() -> None:
    streams = Streams(1, 1000, ["a", "b"])
    keys = np.random.default_rng(3).integers(0, 2**63, 200).astype(np.uint64)
    one, two = streams.start("a", keys), streams.start("b", keys)
    first = streams.scores(one, slice(0, 200)) * one.sign[:, None]
    second = streams.scores(two, slice(0, 200)) * two.sign[:, None]
    between = [np.corrcoef(a, b)[0, 1] for a, b in zip(first, second, strict=True)]
    assert np.abs(between).max() < 0.15


def test_points_of_letters_are_spread_evenly() -> None:
    ranks = even_ranks(256, 17, cache=True)
    assert (ranks == even_ranks(256, 17)).all()
    assert (ranks == even_ranks(256, 17, cache=True)).all()
    assert (np.sort(ranks, axis=1) == np.arange(256)).all()
    points = middles(256)[ranks]
    # any two dimensions: each of 64 squares holds nearly its share, as random points do not
    for a in range(0, 16, 5):
        squares = np.histogram2d(points[a], points[a + 1], bins=8, range=[[0, 1], [0, 1]])[0]
        assert squares.std() < 1.6


# ------------------------------------------------------------------ comparing


def test_paired_draws_tell_what_unpaired_ones_cannot(sure: Study) -> None:
    a, b = next(sure.sample(PAIR, 500)).total
    assert probability_lower(a, b) == 1.0
    shuffled = np.random.default_rng(1).permutation(b)
    assert 0.35 < probability_lower(a, shuffled) < 0.65


def test_unlike_bases_are_refused() -> None:
    with pytest.raises(StudyError, match=r"S002.*boundary: cradle-to-grave.* against"):
        comparable(Study().basis, Study(boundary="cradle-to-door").basis)


# ------------------------------------------------------------------ quality


def test_primary_data_narrow_the_interval(study: Study) -> None:
    text = (
        "sku,category,mass,materials,packaging,units_per_parcel,electricity,heat,origin,"
        "destination,transport,return_transport,return_rate,resale_share,loss_rate,"
        "packaging_reuse,session_kwh,viewer_hours,units_sold\n"
        "OWN,t_shirt,170 g,cotton 100%,courier bag 12 g,1,1.5 kWh,8 MJ,CN-ZJ,CN-GD,"
        "truck 900 km,truck 900 km,35%,67%,3%,0%,150 kWh,2500 h,1000\n"
        "TYPICAL,t_shirt,,,,,,,,,,,,,,,,,\n"
    )
    table = study.footprints(text, draws=1000).to_frame()
    assert table["gsd"][0] < table["gsd"][1]
    assert table["primary_share"][0] > 0.8
    assert table["primary_share"][1] == 0
    assert table["dqr"][0] < table["dqr"][1]


def test_contributions_sum_to_the_variance(sure: Study, study: Study, goods: Catalogue) -> None:
    """With exact cells a footprint is linear in its factors, and first order is exact."""
    for of, exact in ((sure, True), (study, False)):
        sampler = of.sampler(500)
        part = sampler.part(goods.part(0, 100))
        unit = of.unit_impacts.values.sum(axis=1)[part.used // len(FITS)]
        names = of.edition.activities["activity"].to_numpy()[part.used // len(FITS)].tolist()
        found = variance(part, unit, names)
        assert np.allclose(found.values.sum(axis=1), found.total)
        if exact:
            drawn = next(of.sample(goods.part(0, 100), 500)).total.astype(float)
            assert np.allclose(found.total, drawn.var(axis=1, ddof=1), rtol=2e-3)
            best = assess(part, of.edition, unit).ask_first
            assert all(text.startswith("factor: ") for text in best)


def test_what_is_asked_first_narrows_most(study: Study) -> None:
    """A bare T-shirt with a wild return rate: ask for what moves the total."""
    found = study.footprints("sku,category\nA,jade\n", draws=FEW).to_frame()
    assert len(found["ask_first"][0].split("; ")) == 3


# ------------------------------------------------------------------ errors and doors


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("mass,given,lognormal,0.9,,,,,1,assumption,t", "F012"),
        ("mass,given,lognormal,,,,,,1,assumption,t", "F013"),
        ("mass,given,triangular,,0.5,,,,1,assumption,t", "F013"),
        ("mass,given,normal,,1.2,0.8,,,1,assumption,t", "F013"),
        ("mass,given,uniform,,1.1,1.3,,,1,assumption,t", "F013"),
        ("mass,given,cauchy,2,,,,,1,assumption,t", "F013"),
        ("mass,given,beta,,,,20,,1,assumption,t", "F013"),
        ("return_rate,given,beta,,,,,,1,assumption,t", "F013"),
        ("return_rate,given,lognormal,1.2,,,,,1,assumption,t", "F013"),
    ],
)
def test_a_bad_spread_is_refused(study: Study, tmp_path: Path, row: str, code: str) -> None:
    folder = own(tmp_path / "own", foreground_uncertainty=SPREAD_HEAD + row + "\n")
    with pytest.raises(FactorsError, match=code):
        Spreads(load_edition(extra=[folder]), study.vocabulary, np.array([0.5]))


@pytest.mark.parametrize(
    ("gsd2", "pedigree", "code"),
    [("0.8", "1;1;1;1;1", "F012"), ("1.5", "1;1;6;1;1", "F014"), ("1.5", "good", "F014")],
)
def test_a_bad_dataset_is_refused(tmp_path: Path, gsd2: str, pedigree: str, code: str) -> None:
    head = (
        "activity,location,unit,year,title,title_zh,boundary,production,gsd2,pedigree,kind,cite\n"
    )
    folder = own(
        tmp_path / "own",
        activities=head + f"x,GLO,kg,2026,t,,b,1,{gsd2},{pedigree},published,c\n",
        exchanges="activity,location,kind,flow,flow_location,amount,unit,cite\n",
    )
    with pytest.raises(FactorsError, match=code):
        load_edition(extra=[folder]).activities  # noqa: B018


def test_draws_on_the_command_line(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(PAIR, encoding="utf-8")

    def columns(*words: str) -> list[str]:
        target = tmp_path / "out.csv"
        done = CliRunner().invoke(main, ["footprint", str(source), "-o", str(target), *words])
        assert done.exit_code == 0, done.output
        return list(pd.read_csv(target).columns)

    usual = {*RESULT_COLUMNS, *QUANTITY_COLUMNS, BIOGENIC_CO2_COLUMN}
    assert set(columns("--draws", "0")) == usual
    assert set(columns("--draws", "60")) == {*usual, *INTERVAL_COLUMNS}
    assert {"returns_low_kg", "returns_high_kg"} < set(columns("--draws", "60", "--stages"))


def test_a_column_that_nobody_fills_moves_no_draw(study: Study) -> None:
    """Columns come with versions; what is not told in them must not move an interval."""
    goods = study.catalogue("sku,category,mass\nA,dress,300 g\nB,t_shirt,\n")
    absent = PROVENANCES.index("absent")
    newer = replace(
        goods,
        skus=goods.skus.assign(supplier_kg=np.nan),
        provenance=goods.provenance.assign(a_new_column=np.int8(absent)),
    )
    assert content_keys(newer).tolist() == content_keys(goods).tolist()
    other = replace(goods, provenance=goods.provenance.assign(a_new_column=np.int8(0)))
    assert not set(content_keys(other)) & set(content_keys(goods))
