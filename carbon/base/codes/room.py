"""Codes of live rooms, rankings and exposure."""

from __future__ import annotations

from typing import Final

from carbon.base.codes.code import Code, error, note, warning

__all__ = ["CODES"]

CODES: Final[dict[str, Code]] = {
    # sales of rooms
    "R001": warning(
        "a SKU that was sold is not in the catalogue",
        "add it; until then its revenue counts as not covered",
    ),
    "R002": error("units sold are whole numbers above 0", "correct the line; it was left out"),
    "R003": error(
        "returned units lie between 0 and the units sold", "correct the line; it was left out"
    ),
    "R004": error("revenue is a number of at least 0", "correct the line; it was left out"),
    "R005": error("the room is not in the table of rooms", "add it; the row was left out"),
    "R006": warning(
        "the line repeats another one and counts once",
        "give each line an order number if they are two sales",
    ),
    "R007": warning("the session is not in the table of sessions", "add it or correct its name"),
    "R008": error(
        "the sales of a room are in one currency", "give --rates, a table of currency and rate"
    ),
    "R009": error("a room is judged by its sales", "there are none; leave it out or add them"),
    "R010": error("everything that was sold came back", "nothing was kept, so nothing is judged"),
    "R011": error("a room stands once in the table of rooms", "correct or remove the others"),
    "R012": error("the merchant is not in the table of merchants", "add its standing"),
    # sessions
    "R013": error("a room is judged by its sessions", "add its sessions"),
    "R014": error("a session ends after it starts", "correct its times; it was left out"),
    "R015": error("a session stands once and belongs to one room", "correct it; all were left out"),
    "R016": error(
        "sessions of one room or meter overlap, so their energy would count twice",
        "correct the times, or share the meter's reading",
    ),
    "R017": warning(
        "studio energy is estimated from equipment, not metered", "enter the meter's reading"
    ),
    "R018": error("the equipment could not be understood", "write led panel x 4, 5 h; camera x 2"),
    "R019": error("the place is not known", "write an ISO 3166 code or a name of the catalogue"),
    "R020": error("the energy of a session is above 0", "enter the meter's reading"),
    # certificates and credits
    "R021": error("a serial counts once across rooms and periods", "only one of them may name it"),
    "R022": warning("the serial stands twice for one room and counts once", "remove one"),
    "R023": error("the registry is not one that the policy accepts", "see carbon policy explain"),
    "R024": error("the amount of a certificate or credit is above 0", "correct it"),
    "R025": error("blocks of serials of one room overlap", "correct their ends; all were refused"),
    "R026": error("a block of serials ends at or after its first one", "correct it"),
    "R027": error("the serial is missing, so it could be counted again", "add it"),
    "R028": error("it names no room or session of the tables", "add the room"),
    "R029": warning(
        "no session whose energy counts falls into the time of the certificate",
        "match it elsewhere",
    ),
    "R030": error("the vintage is older than the policy allows, or not known", "use a newer one"),
    "R031": error("it was not retired by the date of the judgement", "retire it first"),
    "R032": note("more was matched than was needed; the rest was left", "keep it for later"),
    "R033": error(
        "electricity under a contract counts by its certificates", "add their serial and period"
    ),
    "R034": error("a kilowatt-hour counts once, and the session counted before", "remove one"),
    "R035": warning(
        "the returned units of a sale are not known, so it counts as not yet closed",
        "enter them, 0 if none came back",
    ),
    "R036": warning(
        "the place of the studio is not told; the policy's place of viewers stands for it",
        "enter a province or country",
    ),
    "R037": error(
        "a certificate or credit stands for no more than its serials do", "correct the amount"
    ),
    "R038": error(
        "a currency of the rates stands once, with a rate above 0", "correct it; it was left out"
    ),
    # what cannot be, or is doubted
    "R060": error(
        "a sale is dated after the day of the judgement",
        "correct the date, or judge later; until then it counts as not covered",
    ),
    "R061": warning(
        "a sale lies outside the listed sessions of its room", "add the session, or correct date"
    ),
    "R062": warning(
        "a sale is told to be settled before its return window has closed",
        "settle it when the window has closed",
    ),
    "R063": error(
        "a settlement is dated before its sale, so that it does not count", "correct the date"
    ),
    "R064": error(
        "a sale lies outside the period that is judged; it was left out", "judge it in its period"
    ),
    "R065": error(
        "the power of a session is none that its studio takes, so that it counts as not metered",
        "check reading, unit and times",
    ),
    "R066": error(
        "a session is longer than any is; it was left out", "correct its times, or split it"
    ),
    "R067": error(
        "a session ends after the day of the judgement; it was left out", "correct its times"
    ),
    "R068": warning(
        "the viewer-hours of a session are not told, so that its emissions are not known",
        "enter them, 0 if nobody watched",
    ),
    "R069": warning(
        "a room sold more than its viewers had time to buy", "check viewer-hours and units"
    ),
    "R070": warning(
        "a session is metered without the number of its meter", "enter the number of the meter"
    ),
    "R071": warning(
        "the price of a sale is far from that of the catalogue", "check revenue, units and price"
    ),
    "R072": warning("far fewer units came back than the category sees", "check the returned units"),
    "R073": warning(
        "goods are sent without any packaging, so that their packaging is not known",
        "tell what they are sent in",
    ),
    "R074": warning(
        "the letter of goods is withheld, so that their intensity is not known",
        "see the reason of the SKU in carbon footprint",
    ),
    "R075": error(
        "lines of the room were refused, and count as revenue without a footprint",
        "correct the lines that are named",
    ),
    "R076": warning(
        "it is not told when a certificate was retired, so it could be used again",
        "enter the day of its retirement",
    ),
    "R077": warning(
        "a serial looks like another one that is claimed", "check both with their registry"
    ),
    "R078": error(
        "the name of the merchant looks like that of one on the block list", "ask the platform"
    ),
    "R079": error(
        "red-letter lines take back more than was sold, so that all of it counts as returned",
        "correct units and signs",
    ),
    "R080": note("a negative line was taken for a return or a correction", "none is needed"),
    "R081": warning("parcels are told to have no empty space at all", "measure some parcels"),
    # policies
    "R040": error("the weights of a policy sum to 100", "change them"),
    "R041": error("the full bound of a criterion is better than its zero bound", "exchange them"),
    "R042": error("what is unknown counts no better than the zero bound", "change it"),
    "R043": error("a bound must be possible for its quantity", "change it"),
    "R044": error("the points of a tier lie above 0 and at most at 100", "change them"),
    "R045": error("tiers stand strictest first and a stricter one gets no less", "reorder them"),
    "R046": error("a boost stays within the cap", "lower it or raise boost_cap"),
    "R047": error("names of a policy are known and stand once", "correct the name"),
    "R048": error("a market that forbids claims by offsets prints none", "remove the wording"),
    "R049": error(
        "the words of a tier keep the claim rules of their market", "reword them; see carbon claims"
    ),
    # settlement
    "R050": error("the history must be whole and unchanged", "restore it from a copy"),
    "R051": warning(
        "an earlier judgement rests on a serial or session that now counts nowhere",
        "settle that room and period again",
    ),
    # ranking
    "R100": error(
        "a ranking needs graded footprints, drawn, and an order that is known",
        "see carbon rank --help",
    ),
    "R101": note("a SKU is ranked by a number above 0 that was drawn", "draw it with --draws 1000"),
    "R102": note("a saving is ranked where a lever applies", "see carbon whatif"),
    "R103": note("a letter is ranked where it is sure", "rank by intensity, or narrow the data"),
    # exposure
    "R200": error(
        "the rules of exposure must be able to hold together",
        "loosen one of the rules that are named together",
    ),
    "R201": error("exposure is shared out by impressions", "give at least one room above 0"),
    "R202": error("the linear program is for fewer rooms", "leave out --method linear"),
    "R203": error("a room stands once", "add its rows up, or remove one; all were left out"),
    "R204": error("impressions are a number of at least 0", "correct them; the room was left out"),
    "R205": error("a boost lies between 0 and the cap of the policy", "it was taken for none"),
    "R206": note("a room without impressions gets none", "give it a baseline if it is new"),
    "R207": note(
        "with no more rooms than the head has, the head cap says nothing", "lower head_size"
    ),
    "R208": warning(
        "whether the merchant is small is not told, so the room does not count for the floor",
        "add small_merchant or size",
    ),
    "R209": error(
        "the policy must say what is asked of it", "add the table that templates/policies shows"
    ),
}
