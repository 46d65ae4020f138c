"""CSV text: one rule of quotation marks for a file read whole and one read in spans."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.base import files
from carbon.catalogue import csv_text

CELLS = st.sampled_from(["a", "棉", '"b"', '"c,d"', '"e\nf"', '"g""h"', "", 'i"j', '"k', "12"])
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12)


@given(ROWS, st.integers(1, 9), st.integers(1, 4))
def test_blocks_of_any_size_give_the_same_answer(rows, block, step):
    text = "sku,name\n" + "".join(f"{first},{second}\n" for first, second in rows)
    data = text.encode()
    body = data[len(b"sku,name\n") :]
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        regular = csv_text._regular(body, ",")
        patch.setattr(csv_text, "_PIECE", block)
        patch.setattr(csv_text, "BLOCK", block)
        assert csv_text._regular(body, ",") is regular
        path = Path(folder, "a.csv")
        path.write_bytes(data)
        parts = csv_text.spans(path, "a.csv", step)
        if not regular:
            assert parts is None
        if parts is not None:
            read = [cell for part in parts for cell in part.sheet().columns[0].to_pylist()]
            whole = csv_text.read_csv(path)
            assert read == whole.columns[0].to_pylist()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("茶,1\n".encode(), ("茶,1\n", "UTF-8")),
        ("茶,1\n".encode("gb18030"), ("茶,1\n", "GB18030")),
        ("茶,1\n".encode("utf-16"), ("茶,1\n", "UTF-16LE")),
        ("商品名稱,綠茶\n".encode("big5"), ("商品名稱,綠茶\n", "Big5")),
        (b"\xff\xff", None),
        (b"a\x00b", None),
    ],
)
def test_a_large_text_is_copied_only_where_it_is_not_utf8(tmp_path, data, told):
    path, beside = tmp_path / "a.csv", tmp_path / "copy.csv"
    path.write_bytes(data)
    readable = files.utf8_copy(path, beside)
    assert (readable and (readable[0].read_text("utf-8"), readable[1])) == told
    assert beside.exists() is (readable is not None and readable[0] == beside)
    assert beside.exists() is (told is not None and told[1] != "UTF-8")
