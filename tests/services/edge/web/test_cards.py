"""The pictures of pages show the name, the place and the source of the streets."""

from xml.etree import ElementTree

import pytest

from services.edge.web.cards import WIDTH, Card, card_svg, draw_card

HELSINKI = (60.1683, 24.9420)


def texts(card: Card) -> list[str]:
    svg = ElementTree.fromstring(card_svg(card))
    return [each.text or "" for each in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_a_store_of_the_sample_stands_on_its_streets_with_their_source():
    card = Card("K-Market <Kamppi>", ("Urho Kekkosen katu 1",), "Supermarket", HELSINKI)
    told = " ".join(texts(card))
    for part in ("K-Market <Kamppi>", "Urho Kekkosen katu 1", "Supermarket", "© OpenStreetMap"):
        assert part in told
    assert card_svg(card).count("<path") > 200


def test_elsewhere_no_streets_are_drawn_and_no_source_is_named_without_need():
    paris = Card("Lafayette", at=(48.8735, 2.3320))
    assert "© OpenStreetMap" not in texts(paris)
    assert "© OpenStreetMap" in texts(paris._replace(is_of_osm=True))
    assert card_svg(paris).count("<path") < 10


@pytest.mark.parametrize(
    "title", ["x" * 300, "word " * 60, "渋谷マークシティ東急ストア" * 5, "&<>\"'", ""]
)
def test_any_title_fits(title):
    card = Card(title, (title,))
    assert all(len(line) < 60 for line in texts(card))
    picture = draw_card(card)
    assert WIDTH == int.from_bytes(picture[16:20], "big")
