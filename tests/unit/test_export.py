"""The audit trail as text: exact as JSON, harmless as CSV, and never in memory as a whole."""

import csv
import json
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.deployment_history import DEPLOYMENT_HISTORY, HistoryEntry
from projections.deployment_status import DEPLOYMENT_STATUS, DeploymentStatus
from projections.export import COLUMNS, safe_cell, to_csv, to_json
from projections.projection import fold_batch
from tests.histories import histories, recorded, requested

SIGNS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"


def is_formula(cell: str) -> bool:
    return cell.lstrip(" ").startswith(tuple(SIGNS))


def trail(name: str = "Gold") -> tuple[DeploymentStatus, list[HistoryEntry]]:
    events = recorded([requested(name=name)])
    [status] = fold_batch(DEPLOYMENT_STATUS, events, {}).values()
    return status, list(fold_batch(DEPLOYMENT_HISTORY, events, {}).values())


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", "a;", "a; ", "a|", "a\t", "a\n", ";;"])
def test_no_cell_is_calculated_wherever_a_locale_lets_it_begin(sign: str, before: str) -> None:
    cell = safe_cell(f"{before}{sign}cmd|' /C calc'!A0")
    for separator in ";|\t\n\r":
        assert not any(is_formula(part) for part in cell.split(separator) if part)


@given(st.text(f"{SIGNS} ;|,\"'a1é漢", max_size=12))
def test_no_text_makes_a_formula_once_it_was_read_as_csv(text: str) -> None:
    line = StringIO()
    csv.writer(line).writerow([safe_cell(text), "next"])
    [[cell, following]] = csv.reader(StringIO(line.getvalue(), newline=""))
    assert following == "next"
    assert not is_formula(cell)


GUESSED = """007 1E5 18446744073709551615 0.10 (5) 3/4 12:30 50% $5 2026-11-25 MAR1 1-sep-26
    TRUE false .5 1,000 00"""
PLAIN = """Gold Marcus 0x1e5 erc20-mintable 2026-01-01T12:00:00Z 漢字 Token1
    March e9bc2d2e-7d4b-5a5e-9a6a-1f8e3b1c2d3e"""


@pytest.mark.parametrize("text", [*GUESSED.split(), "5 pm", "Dec 2026", "25 Nov 2026"])
def test_text_that_a_spreadsheet_takes_for_something_else_is_marked_as_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", [*PLAIN.split(), "Token 1", "a, b; c", "step 1 signed attempt 2"])
def test_all_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_numbers_of_ours_keep_every_digit_and_nothing_is_an_empty_cell() -> None:
    assert safe_cell(2**53 - 1) == "9007199254740991"
    assert safe_cell(None) == ""


def test_a_trail_reads_back_with_the_columns_that_it_names() -> None:
    status, history = trail('quoted "name", with a comma')
    [header, row] = csv.reader(StringIO("".join(to_csv(status, history)), newline=""))
    assert tuple(header) == COLUMNS
    cells = dict(zip(header, row, strict=True))
    assert cells["TokenName"] == 'quoted "name", with a comma'
    assert cells["DeploymentId"] == str(status.deployment)
    assert (cells["Version"], cells["Status"], cells["BlockNumber"]) == ("1", "queued", "")


@given(histories(most=10))
def test_a_trail_has_one_record_for_every_fact(history: list) -> None:
    events = recorded(history)
    [status] = fold_batch(DEPLOYMENT_STATUS, events, {}).values()
    entries = list(fold_batch(DEPLOYMENT_HISTORY, events, {}).values())
    text = "".join(to_csv(status, entries))
    assert (
        len(list(csv.reader(StringIO(text, newline="")))) == text.count("\r\n") == len(events) + 1
    )
    assert "".join(to_csv(status, entries)) == text


def test_json_is_exact_and_an_empty_trail_is_json_too() -> None:
    head = {"symbol": "1E5", "supply": "18446744073709551615", "name": "=1+1 漢"}
    entries = [{"message": "+\u202e"}, {"message": "-"}]
    assert json.loads("".join(to_json(head, entries))) == head | {"statusHistory": entries}
    assert json.loads("".join(to_json({}, []))) == {"statusHistory": []}


def test_exports_are_written_while_the_history_is_read() -> None:
    status, [entry] = trail()
    taken = []

    def endless() -> Iterator[HistoryEntry]:
        while True:
            taken.append(entry)
            yield entry

    lines = to_csv(status, endless())
    assert [next(lines) for _ in range(4)][1:] == [next(lines)] * 3
    assert len(taken) == 4
