"""Parses XML without a document type: no entity is expanded, and nothing else is read."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from geodata.importers.report import ImporterError

MAX_DEPTH = 100
MAX_ELEMENTS = 5_000_000


def tree_of(data: bytes) -> Element:
    """The root of a document; names of elements have no namespace.

    Raises:
        ImporterError: the document is damaged, has a document type, or is too deep or too large.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = count = 0

    def refuse(*_: object) -> None:
        raise LookupError("it has a document type, which is not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise LookupError("it is nested too deep" if depth > MAX_DEPTH else "it is too large")
        builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, LookupError, AssertionError, ValueError) as error:
        raise ImporterError(f"damaged XML ({error}); download it again") from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]
