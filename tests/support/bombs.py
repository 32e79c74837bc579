"""Small files that claim to be large: one for each container that importers open.

`python -m tests.support.bombs` writes them to `tests/geodata/importers/bombs`, where they are kept.
"""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "geodata" / "importers" / "bombs"
NOTHING = bytes(300 * 2**20)
_ODS = (
    '<?xml version="1.0"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="S">'
    '<table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell office:value-type="string" table:number-columns-repeated="100">'
    "<text:p>id</text:p></table:table-cell></table:table-row></table:table>"
    "</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"/>'
)
_BOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_LINKS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Target="worksheets/sheet1.xml" Type="http://schemas.'
    'openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
)
_SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main"><sheetData><row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>name</v></c>'
    '</row><row r="1048576"><c r="{}1048576" t="str"><v>x</v></c></row></sheetData></worksheet>'
)


def zipped(entries: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive, the same for the same entries."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression, compresslevel=9) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return data.getvalue()


def sheet(column: str) -> bytes:
    """A workbook with a header, and a cell in the last row of a column."""
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "xl/workbook.xml": _BOOK,
            "xl/_rels/workbook.xml.rels": _LINKS,
            "xl/worksheets/sheet1.xml": _SHEET.format(column),
        }
    )


def packed(content: bytes) -> bytes:
    """The content by gzip, the same for the same content."""
    return gzip.compress(content, 9, mtime=0)


def dictionary() -> bytes:
    """A Parquet file in which 20,000 rows share one text of a megabyte."""
    import pyarrow as pa
    import pyarrow.parquet

    codes = pa.array([0] * 20_000, pa.int32())
    names = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 10**6]))
    table = pa.table({"id": [str(n) for n in range(20_000)], "name": names})
    data = io.BytesIO()
    pyarrow.parquet.write_table(table, data, store_schema=False, compression="zstd")
    return data.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "zeros.csv.gz": lambda: packed(b"id,name\n" + NOTHING),
    "lists.json.gz": lambda: packed(b"[" + b"[]," * 40_000_000 + b"[]]"),
    "texts.json.gz": lambda: packed(b"[" + b'"",' * 40_000_000 + b'""]'),
    "features.geojson.gz": lambda: packed(
        b'{"type":"FeatureCollection","features":[' + b"{}," * 40_000_000 + b"{}]}"
    ),
    "deep.geojson.gz": lambda: packed(b'{"type":"FeatureCollection","features":' + b"[" * 10**7),
    "elements.kml.gz": lambda: packed(b"<kml>" + b"<a/>" * 40_000_000 + b"</kml>"),
    "attributes.kml.gz": lambda: packed(b"<kml " + b'a="" ' * 40_000_000 + b"/>"),
    "deep.gpx.gz": lambda: packed(b"<gpx>" + b"<a>" * 10**7),
    "zeros.zip": lambda: zipped({"a.csv": b"id,name\n" + NOTHING}),
    "zip.zip": lambda: zipped({"a.csv": zipped({"b.csv": b"id,name\n" + NOTHING})}),
    "entries.zip": lambda: zipped({f"{n}.csv": b"" for n in range(3000)}, zipfile.ZIP_STORED),
    "zeros.kmz": lambda: zipped({"doc.kml": b"<kml>" + NOTHING}),
    "elements.kmz": lambda: zipped({"doc.kml": b"<kml>" + b"<a/>" * 40_000_000 + b"</kml>"}),
    "zeros.shp.zip": lambda: zipped({"a.shp": NOTHING, "a.dbf": b"x"}),
    "zeros.xlsx": lambda: zipped({"[Content_Types].xml": _TYPES, "xl/workbook.xml": NOTHING}),
    "last_cell.xlsx": lambda: sheet("XFD"),
    "far_cell.xlsx": lambda: sheet("CV"),
    "dictionary.parquet": dictionary,
    "repeated.ods": lambda: zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": _MANIFEST,
            "content.xml": _ODS,
        }
    ),
}


def write() -> Iterator[Path]:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in MADE.items():
        path = FOLDER / name
        path.write_bytes(make())
        yield path


if __name__ == "__main__":
    for written in write():
        print(written.name, written.stat().st_size)
