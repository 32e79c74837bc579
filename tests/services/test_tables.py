"""Tables of the sources have each key once, and each name once: a second one would win unseen."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import geodata
import services

FOLDERS = [Path(package.__path__[0]) for package in (services, geodata)]
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]


def constants(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives a value, once for each time."""
    for statement in tree.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def keys(tree: ast.Module) -> Iterator[list[str]]:
    """The keys of each dict that is written out, as they are written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield [ast.unparse(key) for key in node.keys if key is not None]


def repeated(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_no_table_has_a_key_twice_and_no_constant_is_given_twice(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert [] == repeated(list(constants(tree)))
    assert [] == [twice for table in keys(tree) if (twice := repeated(table))]


def test_a_second_table_and_a_second_key_are_found() -> None:
    tree = ast.parse('A = {"x": 1, "y": 2, "x": 3}\nA = {}\n')
    assert ["A"] == repeated(list(constants(tree)))
    assert [["x"]] == [[key.strip("'") for key in repeated(table)] for table in keys(tree) if table]
