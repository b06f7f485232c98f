"""Reading what users write: lines are known, traps and traffic of other kinds are refused."""

from typing import Annotated

import pytest
from pydantic import Field

from alarmin.core import DataError
from alarmin.core.checked import Part, check
from alarmin.core.yaml_files import MAX_BYTES, read_yaml


class Inner(Part):
    size_mm: Annotated[float, Field(gt=0)]


class Outer(Part):
    name: str
    parts: list[Inner]


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "file.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


def refused(path):
    with pytest.raises(DataError) as caught:
        read_yaml(path)
    (line,) = caught.value.problems
    assert "\n" not in line
    return line


def test_lines_of_all_fields_are_known(write):
    document = read_yaml(write("name: a\nparts:\n  - size_mm: 1\n  - {size_mm: 2}\n"))
    assert document.content == {"name": "a", "parts": [{"size_mm": 1}, {"size_mm": 2}]}
    assert document.where(("name",)) == "file.yaml:1"
    assert document.where(("parts", 0, "size_mm")) == "file.yaml:3"
    assert document.where(("parts", 1, "size_mm")) == "file.yaml:4"
    assert document.where(("parts", 1, "missing")) == "file.yaml:4"


def test_numbers_and_words_of_yaml_1_2(write):
    content = read_yaml(write("small: 1e-3\nanswer: no\n")).content
    assert content == {"small": 1e-3, "answer": "no"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\nb: 3\n", "file.yaml:"),
        ("- 1\n- 2\n", "file.yaml:1: got list, expected a mapping"),
        ("", "file.yaml:1: got NoneType, expected a mapping"),
        ("a: &x [1]\nb: *x\n", "an alias (*name) is not allowed"),
        ("a: 1\na: 2\n", "file.yaml:"),
        ("a: !!python/object/apply:os.system ['true']\n", "file.yaml:"),
        (b"a: \xff\xfe\n", "not UTF-8"),
        (b"a: \x00\n", "file.yaml:1: not valid YAML"),
        ("a: " + "x" * MAX_BYTES, "expected at most"),
    ],
)
def test_what_is_not_a_small_plain_mapping_is_refused(write, text, expected):
    assert expected in refused(write(text))


def test_a_folder_or_a_missing_file_is_named(tmp_path):
    assert "no such file" in refused(tmp_path / "nothing.yaml")
    assert "cannot be read" in refused(tmp_path)


def test_all_problems_of_a_document_come_in_order(write):
    document = read_yaml(write("nam: a\nparts:\n  - size_mm: -1\n  - {size_mm: big}\n  - {}\n"))
    with pytest.raises(DataError) as caught:
        check(document, Outer, also=["file.yaml:2: found elsewhere"])
    assert [line.split(": ")[0] for line in caught.value.problems] == [
        "file.yaml:1", "file.yaml:1", "file.yaml:2", "file.yaml:3", "file.yaml:4", "file.yaml:5",
    ]  # fmt: skip
    text = str(caught.value)
    assert "nam: unknown field; did you mean 'name'?" in text
    assert "name: missing, expected text" in text
    assert "parts.0.size_mm: got -1" in text
    assert "parts.2.size_mm: missing, expected a number" in text
