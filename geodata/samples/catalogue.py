"""An invented catalogue and invented stock for the real shops of the sample.

The barcodes use GS1's prefix 20, which is reserved for use inside a shop, so they belong to no
real product.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from geodata.barcodes import check_digit
from geodata.floorplans.synthetic.groceries import groceries
from geodata.stores import Store

_MORE = """
bakery: bread | leipä | pain | Brot
garden: garden shears | puutarhasakset | sécateur | Gartenschere, rake | harava | râteau | Rechen,
 spade | lapio | bêche | Spaten,
 watering can | kastelukannu | arrosoir | Gießkanne,
 hose | letku | tuyau | Schlauch, lawn seed | nurmikon siemen | gazon
tools: hammer | vasara | marteau | Hammer,
 screwdriver | ruuvimeisseli | tournevis | Schraubendreher, saw | saha | scie,
 drill | porakone | perceuse | Bohrmaschine,
 nails | naulat | clous | Nägel, paint | maali | peinture | Farbe,
 tape | teippi | ruban,
 ladder | tikkaat | échelle | Leiter, spirit level | vatupassi | niveau
pharmacy: pain relief | särkylääke | antalgique, cough syrup | yskänlääke | sirop,
 vitamin D | D-vitamiini | vitamine D, nose spray | nenäsumute | spray nasal,
 bandage | side | bandage
books: novel | romaani | roman | Roman,
 cookbook | keittokirja | livre de cuisine, atlas | kartasto | atlas
"""
_WORN = (
    ("rain jacket", "sadetakki", "imperméable", "Regenjacke"),
    ("T-shirt", "T-paita", "T-shirt", "T-Shirt"),
)
_SIZES, _COLOURS = ("S", "M", "L", "XL"), ("black", "green", "red")
_TRANSLATED = """
Apples | omenat | pommes | Äpfel
Bananas | banaanit | bananes | Bananen
Oranges | appelsiinit | oranges | Orangen
Lemons | sitruunat | citrons | Zitronen
Grapes | viinirypäleet | raisins | Trauben
Strawberries | mansikat | fraises | Erdbeeren
Tomatoes | tomaatit | tomates | Tomaten
Cucumber | kurkku | concombre | Gurke
Carrots | porkkanat | carottes | Möhren
Potatoes | perunat | pommes de terre | Kartoffeln
Onions | sipulit | oignons | Zwiebeln
Garlic | valkosipuli | ail | Knoblauch
Mushrooms | sienet | champignons | Pilze
Rye bread | ruisleipä | pain de seigle | Roggenbrot
Wheat bread | vehnäleipä | pain de blé | Weizenbrot
Ham | kinkku | jambon | Schinken
Herring | silli | hareng | Hering
Milk | maito | lait | Milch
Oat milk | kauramaito | lait d'avoine | Hafermilch
Cream | kerma | crème | Sahne
Yoghurt | jogurtti | yaourt | Joghurt
Butter | voi | beurre | Butter
Eggs | kananmunat | œufs | Eier
Basmati rice | basmatiriisi | riz basmati | Basmatireis
Wheat flour | vehnäjauho | farine de blé | Weizenmehl
Sugar | sokeri | sucre | Zucker
Salt | suola | sel | Salz
Mustard | sinappi | moutarde | Senf
Vinegar | etikka | vinaigre | Essig
Honey | hunaja | miel | Honig
Jam | hillo | confiture | Marmelade
Raisins | rusinat | raisins secs | Rosinen
Beer | olut | bière | Bier
Soap | saippua | savon | Seife
Toothbrush | hammasharja | brosse à dents | Zahnbürste
Batteries | paristot | piles | Batterien
Candles | kynttilät | bougies | Kerzen
"""

_FOOD = frozenset(product.department for product in groceries()) - {"garden"}
_SOLD_BY = {
    "osm.shop.supermarket": _FOOD | {"garden"},
    "osm.shop.convenience": _FOOD,
    "osm.shop.kiosk": frozenset({"drinks", "sweets_and_snacks", "dairy", "bakery"}),
    "osm.shop.bakery": frozenset({"bakery"}),
    "osm.shop.florist": frozenset({"garden"}),
    "osm.shop.hardware": frozenset({"garden", "tools"}),
    "osm.shop.doityourself": frozenset({"garden", "tools"}),
    "osm.shop.department_store": _FOOD | {"garden", "tools", "clothes", "books"},
    "osm.shop.clothes": frozenset({"clothes"}),
    "osm.shop.outdoor": frozenset({"clothes"}),
    "osm.shop.books": frozenset({"books"}),
    "osm.amenity.pharmacy": frozenset({"pharmacy", "personal_care"}),
}


class Article(NamedTuple):
    """An invented product."""

    sku: str
    name: str
    department: str
    gtin: str
    names: dict[str, str]
    """By language."""
    variant: dict[str, str]
    group: str
    """Shared by the variants of one product; empty for a product without variants."""


def catalogue() -> tuple[Article, ...]:
    """All articles; groceries use the SKUs of `geodata.floorplans.synthetic`."""
    lines = [line.split(" | ") for line in _TRANSLATED.strip().splitlines()]
    translated = {name: others for name, *others in lines}
    found = [
        _article(product.sku, product.name, product.department, translated.get(product.name, ()))
        for product in groceries()
    ]
    number = 0
    for line in _MORE.replace("\n ", " ").strip().splitlines():
        department, _, entries = line.partition(":")
        for entry in entries.split(","):
            number += 1
            name, *others = (part.strip() for part in entry.split("|"))
            found.append(_article(f"d-{number:03}", name.capitalize(), department, others))
    for name, *others in _WORN:
        for size in _SIZES:
            for colour in _COLOURS:
                number += 1
                title = f"{name[0].upper()}{name[1:]}, {colour}, {size}"
                variant = {"size": size, "colour": colour}
                group = name.lower().replace(" ", "-")
                found.append(_article(f"d-{number:03}", title, "clothes", others, variant, group))
    return tuple(found)


def stock_of(store: Store, articles: tuple[Article, ...]) -> Iterator[tuple[Article, int]]:
    """The articles that a shop of this kind might sell, each with an invented quantity, 0 to 40.

    The result depends only on the store and the articles.
    """
    sold = frozenset[str]().union(*(_SOLD_BY.get(name, ()) for name in store.attributes))
    if not sold:
        return
    rng = random.Random(f"stock of {store.id}")
    for article in articles:
        units = rng.choice((0, 0, 1, 2, 3, 5, 8, 12, 20, 40))
        keeps = rng.random() < 0.85
        if article.department in sold and keeps:
            yield article, units


def _article(
    sku: str,
    name: str,
    department: str,
    others: Sequence[str] = (),
    variant: dict[str, str] | None = None,
    group: str = "",
) -> Article:
    names = dict(zip(("fi", "fr", "de"), others, strict=False))
    return Article(sku, name, department, _gtin(sku), names, variant or {}, group)


def _gtin(sku: str) -> str:
    """A GTIN-13 from the range for use inside a shop (GS1 General Specifications, 2.1.11)."""
    series = "1" if sku.startswith("g") else "2"
    digits = f"20{series}{int(sku[2:]):09}"
    return digits + check_digit(digits)
