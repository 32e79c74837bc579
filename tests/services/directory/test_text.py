"""The index of words is saved to a file and loaded from it."""

from pathlib import Path

import pytest

from services.directory import text
from services.directory.text import TextIndex, Texts

TEXTS = {"a": Texts("Kamppi", "Alko", "Helsinki"), "b": Texts("Kallio", "Alko", "Helsinki")}


def index_of(texts: dict[str, Texts]) -> TextIndex[Texts]:
    return TextIndex(texts.items, lambda of_record: of_record)


def found(index: TextIndex[Texts], query: str) -> set[str]:
    return {match.id for match in index.search(query)}


def test_a_saved_index_has_the_records_of_its_mark_and_no_later_ones(tmp_path: Path) -> None:
    index = index_of(TEXTS)
    index.build()
    saving = index.save(tmp_path / "words", "e:7")
    index.put("c", None, Texts("Kauppi", "", ""))
    assert {"a", "b", "c"} == found(index, "ka")
    assert not saving.error

    loaded = index_of({})
    loaded.build(tmp_path / "words", "e:7")
    assert {"a", "b"} == found(loaded, "ka")


def test_an_index_of_another_mark_or_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    other = index_of({"x": Texts("Kamppi", "", "")})
    other.build()
    other.save(tmp_path / "words", "e:6")
    other.settle()
    (tmp_path / "damaged").write_bytes(b"SQLite format 3\0" * 100)
    for name in ("words", "damaged", "none"):
        index = index_of(TEXTS)
        index.build(tmp_path / name, "e:7")
        assert {"a", "b"} == found(index, "ka"), name


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    index = index_of(TEXTS)
    index.build()
    saving = index.save(tmp_path / "none" / "words", "e:7")
    index.settle()
    assert saving.error


def test_ids_of_one_number_are_all_found(monkeypatch) -> None:
    monkeypatch.setattr(text, "number_of", lambda *_: 1)
    index = index_of(TEXTS)
    index.build()
    index.put("c", None, Texts("Kamppi", "", ""))
    assert {"a", "b", "c"} == found(index, "k")
    index.put("a", TEXTS["a"], None)
    index.put("b", TEXTS["b"], Texts("Pasila", "", ""))
    assert {"c"} == found(index, "k")
    assert {"b"} == found(index, "pasila")


@pytest.mark.parametrize(("takes_forms", "expected"), [(False, set()), (True, {"a"})])
def test_other_forms_of_words_are_taken_where_the_index_takes_them(takes_forms, expected) -> None:
    """Of a misspelt town a shop in another one is no answer; of a product the form is one."""
    texts = {"a": Texts("Tomato", "", "")}
    index = TextIndex(texts.items, lambda of_record: of_record, takes_forms=takes_forms)
    assert expected == {match.id for match in index.search("tomatoes")}
