"""One SKU through every door: the same number to the last digit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from nightly import night

from carbon.base.digits import carried_table
from carbon.base.errors import OutputError
from carbon.base.terms import PROVENANCES
from carbon.cli.main import main
from carbon.run.results import write_table
from carbon.run.template_file import columns
from carbon.study import Study

TEXT = """sku,category,mass,materials,packaging,origin,destination,return_rate
A,t_shirt,180 g,cotton 95%; elastane 5%,courier bag 12 g,CN-ZJ,CN-GD,35%
"=B+1",dress,300 g,polyester 100%,,,,60%
C,swimwear,32 kg,,,,,20%
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def carbon(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, keep_default_na=False, na_values=[""])
    if path.suffix == ".xlsx":
        return pd.read_excel(path, engine="calamine")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", *night(".parquet", ".jsonl")])
def test_python_and_shell_agree_to_the_last_digit(source: Path, suffix: str) -> None:
    expected = carried_table(Study().footprints(source).to_frame())
    code, output = carbon("footprint", source, "-o", source.with_suffix(suffix + suffix))
    assert code == 1, output
    found = read(source.with_suffix(suffix + suffix))
    numbers = expected.select_dtypes("number").columns
    # a spreadsheet keeps sixteen digits, the other formats keep every bit
    exact = {"rtol": 1e-15} if suffix == ".xlsx" else {"check_exact": True}
    pd.testing.assert_frame_equal(
        found[numbers].astype("float64"), expected[numbers].astype("float64"), **exact
    )
    assert found["basis"].tolist() == expected["basis"].tolist()


def test_a_bad_row_is_reported_and_the_rest_goes_on(source: Path) -> None:
    code, output = carbon("footprint", source, "-o", source.parent / "out.csv")
    result = read(source.parent / "out.csv")
    assert code == 1
    assert "C110" in output
    assert result["total_kg"].notna().tolist() == [True, True, False]
    assert "C110" in result["problem"][2]


def test_check_names_row_column_value_rule_and_remedy(source: Path) -> None:
    code, output = carbon("check", source, "-o", source.parent / "problems.csv")
    assert code == 1
    problems = read(source.parent / "problems.csv")
    bad = problems[problems["code"] == "C110"].iloc[0]
    assert (bad["row"], bad["column"], bad["value"]) == (4, "mass", "32 kg")
    assert bad["rule"]
    assert bad["remedy"]
    assert "assumed from the category" in output


def test_explain_goes_from_the_total_to_the_cell(source: Path) -> None:
    code, output = carbon("explain", source, "A")
    assert code == 0
    assert "kg CO2e per kept unit" in output
    assert "cell: " in output
    assert "returns" in output


def test_explain_draws_the_stages(source: Path) -> None:
    code, output = carbon("explain", source, "A", "--picture", source.with_suffix(".svg"))
    assert code == 0, output
    picture = source.with_suffix(".svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg ")
    assert "returns" in picture
    assert carbon("explain", source, "A", "--picture", source.with_suffix(".png"))[0] == 5


def test_explain_an_unknown_sku(source: Path) -> None:
    code, output = carbon("explain", source, "Z")
    assert code == 3
    assert "S003" in output


def test_inventory_has_a_cite_for_every_exchange(source: Path) -> None:
    code, _ = carbon("inventory", source, "-o", source.parent / "inventory.parquet")
    table = pd.read_parquet(source.parent / "inventory.parquet")
    assert code == 1
    assert (table["cite"] != "").all()
    total = table.groupby("sku")["kg"].sum()
    expected = Study().footprints(source).to_frame().set_index("sku")["total_kg"].dropna()
    pd.testing.assert_series_equal(
        total.sort_index(), expected.sort_index(), check_names=False, check_index_type=False
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_template_is_read_back_without_problems(tmp_path: Path, lang: str, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    code, _ = carbon("template", "-o", path, "--lang", lang)
    assert code == 0
    code, output = carbon("check", path)
    assert code == 1  # a header without goods
    assert "C021" in output
    assert "->  left out\n" not in output
    assert "C007" not in output


@pytest.mark.parametrize(("headers", "examples"), [("zh", "zh_example"), ("column", "example")])
def test_the_examples_of_the_template_are_understood(headers: str, examples: str) -> None:
    table = columns()
    row = pd.DataFrame([dict(zip(table[headers], table[examples].astype(str), strict=True))])
    catalogue = Study().catalogue(row)
    found = catalogue.problems[catalogue.problems["severity"] != "note"]
    assert found.empty, found.to_string()
    assert (catalogue.provenance.iloc[0] != PROVENANCES.index("absent")).all()
    assert not (catalogue.headers["column"] == "").any()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["footprint", "no.csv", "-o", "x.csv"], 3),
        (["footprint", "{source}", "-o", "x.doc"], 5),
        (["footprint", "{source}", "-o", "{source}/x.csv"], 5),
        (["footprint", "{source}", "-o", "x.csv", "--edition", "1999"], 4),
        (["footprint", "{source}", "-o", "x.csv", "--method", "GWP20"], 3),
        (["footprint", "{source}", "-o", "x.csv", "--boundary", "moon"], 2),
        (["factors", "show", "unobtainium"], 4),
        (["factors", "check", "{folder}"], 4),
    ],
)
def test_exit_codes(source: Path, words: list[str], code: int) -> None:
    words = [word.format(source=source, folder=source.parent) for word in words]
    found, output = carbon(*words)
    assert found == code, output
    assert not list(source.parent.glob(".*")), "nothing is left beside"


def test_text_cannot_become_a_formula(source: Path) -> None:
    carbon("footprint", source, "-o", source.parent / "out.csv", "--draws", 0)
    assert "'=B+1" in (source.parent / "out.csv").read_text(encoding="utf-8")
    import openpyxl

    carbon("footprint", source, "-o", source.parent / "out.xlsx", "--draws", 0)
    sheet = openpyxl.load_workbook(source.parent / "out.xlsx").active
    cell = sheet.cell(3, 1)
    assert (cell.value, cell.data_type) == ("=B+1", "s")


def test_text_cannot_become_markup_of_a_sheet(tmp_path: Path) -> None:
    import openpyxl

    names = ["<r><t>x</t></r>", "<r></sheetData></r>", "a<b>&c"]
    write_table(pd.DataFrame({"sku": names}), tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    found = [sheet.cell(row, 1).value for row in (2, 3, 4)]
    assert found == [f"'{names[0]}", f"'{names[1]}", names[2]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", *night(".parquet", ".jsonl")])
def test_the_same_input_gives_the_same_bytes(source: Path, suffix: str) -> None:
    one, two = source.parent / f"one{suffix}", source.parent / f"two{suffix}"
    for path in (one, two):
        carbon("footprint", source, "-o", path, "--draws", 50)
    assert one.read_bytes() == two.read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_text("old")
    with pytest.raises((OutputError, Exception)):
        write_table(pd.DataFrame({"a": [object()]}), path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.parquet"]


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from carbon.cli.main import main\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'bw2calc', 'pint', 'pyarrow', 'pydantic'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_diff_names_what_a_folder_changes(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "activities.csv").write_text(
        "activity,location,unit,year,title,title_zh,boundary,production,gsd2,pedigree,kind,cite\n"
        "cotton fibre,CN,kg,2025,my cotton,,cradle to gate,1,1.1,1;1;1;1;1,published,invoice 7\n"
    )
    (own / "exchanges.csv").write_text(
        "activity,location,kind,flow,flow_location,amount,unit,cite\n"
        'cotton fibre,CN,emission,"carbon dioxide, fossil",,1.5,kg,invoice 7\n'
    )
    (own / "datapackage.json").write_text(
        json.dumps(
            {
                "name": "mine",
                "version": "1",
                "title": "my factors",
                "licenses": [{"name": "own"}],
                "citation": "own",
            }
        )
    )
    assert carbon("factors", "seal", own)[0] == 0
    assert carbon("factors", "check", own)[0] == 0
    code, output = carbon("factors", "diff", "2026.1", own)
    assert code == 0
    assert "cotton fibre, CN" in output
    edited = (own / "exchanges.csv").read_text().replace("1.5", "0.5")
    (own / "exchanges.csv").write_text(edited)
    code, output = carbon("factors", "check", own)
    assert code == 4
    assert "F003" in output


def test_a_result_never_replaces_its_catalogue(source: Path) -> None:
    before = source.read_bytes()
    for command in ("footprint", "inventory", "check", "whatif"):
        code, output = carbon(command, source, "-o", source)
        assert code == 5, output
        assert "O004" in output
    other = source.with_name("other.csv")
    other.write_bytes(before)
    for output in (source, other):
        code, told = carbon("compare", source, other, "-o", output, "--draws", "0")
        assert code == 5, told
        assert "O004" in told
    assert source.read_bytes() == other.read_bytes() == before
    folder = source.parent / "tidy"
    folder.mkdir()
    source.rename(folder / "skus.csv")
    assert carbon("footprint", folder, "-o", folder / "out.csv")[0] == 5


def test_an_empty_catalogue_gives_an_empty_result(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("sku,category\n")
    for draws in ("0", "20"):
        code, output = carbon("footprint", path, "-o", tmp_path / "out.csv", "--draws", draws)
        assert code == 1, output
        assert "C021" in output
        assert read(tmp_path / "out.csv").empty


def test_a_lost_line_is_not_a_success(tmp_path: Path) -> None:
    folder = tmp_path / "goods"
    folder.mkdir()
    (folder / "skus.csv").write_text("sku,category\nA,t_shirt\n")
    (folder / "packaging.csv").write_text("sku,item,mass\nZ,courier bag,12 g\n")
    code, output = carbon("footprint", folder, "-o", tmp_path / "out.csv", "--draws", "0")
    assert code == 1
    assert "C251" in output


def test_a_full_disk_is_an_output_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    command = [sys.executable, "-c", "from carbon.cli.main import main; main()", "factors", "list"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode != 0


def test_a_workbook_that_cannot_be_written_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlsxwriter.exceptions import FileCreateError

    def full(*_: object) -> None:
        raise FileCreateError("no space left on device")

    monkeypatch.setattr("xlsxwriter.Workbook", full)
    with pytest.raises(OutputError, match=r"O001.*no space left"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())
