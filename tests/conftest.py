"""A small vocabulary, enough to read and complete a catalogue by hand."""

from __future__ import annotations

import io
import os
import tempfile

import pandas as pd
import pytest
from hypothesis import settings

from carbon.catalogue.schema import Vocabulary

# Brightway makes a folder when it is imported; a user's own must not be touched
os.environ["BRIGHTWAY2_DIR"] = tempfile.mkdtemp(prefix="carbon-test-")

TABLES = {
    "regions": """
location,name,name_zh,parent,lat,lon
GLO,Global,全球,,,
CN,China,中国,GLO,39.9,116.4
CN-BJ,Beijing,北京,CN,39.9,116.4
CN-GD,Guangdong,广东,CN,23.13,113.26
CN-ZJ,Zhejiang,浙江,CN,30.27,120.15
GB,United Kingdom,英国,GLO,51.5,-0.12
""",
    "materials": """
material,name_zh,virgin,recycled,processing,disposal,manufacturing_loss,disposed_share
cotton,棉,cotton fibre,"cotton fibre, recycled",knitting,disposal of textiles,0.25,1
elastane,氨纶,elastane fibre,,knitting,disposal of textiles,0.2,1
viscose,再生纤维素,viscose fibre,,,disposal of textiles,0.1,1
polyester,聚酯纤维,polyester fibre,"polyester fibre, recycled",knitting,disposal of textiles,0.2,1
steel,钢,steel,"steel, recycled",metal forming,disposal of metals,0.1,1
abs,ABS,abs,,,disposal of plastics,0.02,1
paper,纸,paper,"paper, recycled",,disposal of paper,0,1
ldpe,聚乙烯,ldpe,"ldpe, recycled",,disposal of film,0,1
""",
    "packaging_items": """
item,name_zh,material,level,mass_g,recycled_share,trips,return_haul_km,washing
courier_bag,快递袋,ldpe,parcel,10,0.5,1,0,
paper_tag,吊牌,paper,unit,2,0,1,0,
tape,胶带,ldpe,parcel,2.5,0,1,0,
reusable_box,循环箱,abs,parcel,800,0,20,100,washing
""",
    "modes": """
mode,name_zh,activity,basis,beyond_km,activity_beyond,distance_factor,distance_offset_km
cold_hub,冷链分拨,"parcel sorting, refrigerated",t,,,,
door,派送,parcel delivery,parcel,,,,
hub,分拨中心,parcel sorting,t,,,,
plane,飞机,"freight, plane, short-haul",tkm,3700,"freight, plane, long-haul",1,95
reefer_truck,冷藏车,"freight, lorry, refrigerated",tkm,,,1.2,0
ship,船,"freight, ship, container",tkm,,,1.15,0
truck,货车,"freight, lorry",tkm,,,1.2,0
van,厢式货车,"freight, van, diesel",tkm,,,1.3,0
""",
    "words": """
kind,alias,id,lang
mode,air,plane,en
mode,road,truck,en
mode,空运,plane,zh
mode,陆运,truck,zh
material,纯棉,cotton,zh
header,货号,sku,zh
header,类目,category,zh
header,净重,mass,zh
header,weight,mass,en
header,weight_g,mass,en
header,gross_kg,mass,en
header,材质,materials,zh
header,包装,packaging,zh
header,运输,transport,zh
header,距离,distance,zh
header,退货率,return_rate,zh
header,占比,share,zh
sheet,包材明细,packaging,zh
fuel,天然气,natural gas,zh
unit,瓩时,kilowatt_hour,zh
""",
    "categories": """
category,name,name_zh,group,cold
t_shirt,T-shirt,T恤,clothing,no
swimsuit,Swimsuit,泳衣,clothing,no
berries,Berries,浆果,food,yes
bare,Nothing known,未详,none,no
""",
    "parameters": """
category,parameter,value,unit
t_shirt,mass,200,g
t_shirt,mass_min,80,g
t_shirt,mass_max,0.4,kg
t_shirt,units_per_parcel,2,1
t_shirt,return_rate,0.35,1
t_shirt,resale_share,0.7,1
t_shirt,loss_rate,0.02,1
t_shirt,packaging_reuse,0.1,1
t_shirt,session_kwh,0.15,kWh
t_shirt,viewer_hours,2.5,h
t_shirt,service_life,24,month
t_shirt,distance,900,km
swimsuit,mass,0.15,kg
swimsuit,mass_min,0.05,kg
swimsuit,mass_max,0.5,kg
berries,mass,1,kg
berries,units_per_parcel,1,1
berries,distance,700,km
""",
    "archetype_materials": """
category,material,share,recycled_share
t_shirt,cotton,0.95,0
t_shirt,elastane,0.05,0
""",
    "archetype_packaging": """
category,item,mass_g,trips
t_shirt,courier_bag,12,1
t_shirt,paper_tag,3,1
""",
    "archetype_chains": """
category,chain,share,position,mode,km
t_shirt,road,0.8,1,van,15
t_shirt,road,0.8,2,truck,
t_shirt,road,0.8,3,van,25
t_shirt,air,0.2,1,truck,80
t_shirt,air,0.2,2,plane,
t_shirt,air,0.2,3,van,20
berries,cold,1,1,reefer_truck,
berries,cold,1,2,van,10
""",
}


FIRST = [
    # their workers are forked, which no process can that has drawn a PDF; spawned ones cost more
    *("test_run", "test_rank_run", "test_label_run", "test_since", "test_scenario"),
    *("test_run_trouble", "test_run_stream", "test_doors", "test_laws"),
    # long ones, lest one worker is idle at the end
    *("test_fuzz", "test_determinism", "test_spark", "test_bench", "test_notebooks"),
    *("test_forgeries", "test_label", "test_house", "test_catalogue_corpus"),
]
"""Files that come first, in this order."""


def pytest_configure(config: pytest.Config) -> None:
    """Files are handed to workers as they are ordered here, not by their number of tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; at night every law is tried on more examples than it asks for itself."""
    place = {name: at for at, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(FIRST)))
    _more_examples(items)


def _more_examples(items: list[pytest.Item]) -> None:
    least = int(os.environ.get("CARBON_EXAMPLES", "0"))
    for law in {getattr(item, "function", None) for item in items} if least else ():
        asked = getattr(law, "_hypothesis_internal_use_settings", None)
        if asked is not None and asked.max_examples < least:
            law._hypothesis_internal_use_settings = settings(
                asked, max_examples=least, deadline=None
            )


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    tables = {
        name: pd.read_csv(io.StringIO(text.strip()), keep_default_na=False, na_values=[""])
        for name, text in TABLES.items()
    }
    return Vocabulary(**tables)


@pytest.fixture(scope="session")
def study():
    """The shipped edition; made once, since it is asked by many."""
    from carbon.study import Study

    return Study()
