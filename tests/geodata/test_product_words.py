"""Product words mean the right product, or lead to a question: never to a wrong one."""

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path

from enrayon.stock.v1 import stock_pb2
from geodata.product_words import CANDIDATES, meant, question
from geodata.samples.catalogue import catalogue
from services.directory.products import ProductsReplica, parse_product
from services.directory.text import Match

FOLDER = Path(__file__).parent


def records() -> list[tuple[str, bytes]]:
    found = []
    for article in catalogue():
        product = stock_pb2.Product(
            name=f"products/{article.sku}",
            display_name=article.name,
            department=article.department,
            localized_names=article.names,
            variant_attributes=article.variant,
        )
        found.append((article.sku, product.SerializeToString()))
    return found


REPLICA = ProductsReplica(records())


def search(words: str) -> Sequence[Match]:
    """The products that match."""
    return asyncio.run(REPLICA.search(words))


def resolved(words: str) -> str:
    """The name of the product; `?` for a question; `-` if nothing matches."""
    matches = search(words)[:CANDIDATES]
    found = [parse_product(REPLICA.record(match.id) or b"") for match in matches]
    product = meant(words, found)
    return product.display_name if product else "?" if found else "-"


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_of_50_words_30_resolve_and_none_wrongly():
    rows = table("product_words.csv")
    told = {row["words"]: resolved(row["words"]) for row in rows}
    wrong = {
        row["words"]: told[row["words"]]
        for row in rows
        if told[row["words"]] not in (row["expected"], "?")
    }
    right = [row for row in rows if told[row["words"]] == row["expected"] not in ("?", "-")]

    assert {} == wrong
    assert 50 == len(rows)
    assert {"en", "fi", "fr", "de"} == {row["language"] for row in rows}
    assert len(right) >= 30, len(right)
    assert {} == {r["words"]: told[r["words"]] for r in rows if told[r["words"]] != r["expected"]}


def test_of_20_words_written_after_the_code_none_is_resolved_wrongly():
    rows = table("product_words_later.csv")
    told = {row["words"]: resolved(row["words"]) for row in rows}

    assert 20 == len(rows)
    assert {} == {
        row["words"]: told[row["words"]]
        for row in rows
        if told[row["words"]] not in (row["expected"], "?", "-")
    }


def test_a_question_names_the_products_and_how_many_more_there_are():
    found = [stock_pb2.Product(name=f"products/{n}", display_name=f"Tea {n}") for n in range(8)]
    told = question("tea", found)

    assert "Which of these? Tea 0 (products/0); Tea 1 (products/1);" in told
    assert told.endswith("; and 2 more.")
    assert "Is it this one? Tea 3 (products/3)." in question("tea", found[3:4])


def test_the_very_name_comes_first_then_one_that_begins_so_then_the_shorter_one():
    names = ["Milk", "Oat milk", "Milk chocolate", "Coconut milk"]
    found = [parse_product(REPLICA.record(m.id) or b"").display_name for m in search("milk")]

    assert ["Milk", "Milk chocolate", "Oat milk"] == [n for n in found if n in names][:3]
    assert "Bread" == parse_product(REPLICA.record(search("pain")[0].id) or b"").display_name


def test_a_brand_may_stand_before_the_name():
    product = stock_pb2.Product(name="products/1", display_name="Milk", brand="Valio")

    assert product == meant("valio milk", [product])
    assert meant("oatly milk", [product]) is None
