"""What files of data look like, and programs that read them in the jail."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.data.cells import READERS, Date, dated, kind_of, number
from ttc_cli.data.profile import form_of, piped_form, profile
from ttc_cli.data.program import above, columns_used, reads, told
from ttc_cli.data.reader import stream
from ttc_cli.jail import available
from ttc_cli.prompts.message import Document
from ttc_cli.session.programs import computed_over, runner

locked = pytest.mark.skipif(available() is not None, reason="programs cannot be locked in here")
SALES = "date,region,zip,revenue\n2024-01-03,North,01234,12.5\n2024-02-04,South,90210,7\n"
LOG = (
    '10.0.0.1 - - [10/Oct/2024:13:55:36 +0000] "GET /a HTTP/1.1" 404 512\n'
    '10.0.0.2 - - [10/Oct/2024:13:55:37 +0000] "GET /b HTTP/1.1" 200 1024\n'
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        (
            "a.csv",
            SALES,
            {"date": "2024-01-03", "region": "North", "zip": "01234", "revenue": 12.5},
        ),
        ("a.tsv", "n\tq\nx\t1\ny\t2\n", {"n": "x", "q": 1}),
        ("semi.csv", "n;q\nx;1\ny;2\n", {"n": "x", "q": 1}),
        ("bare.csv", "x,1\ny,2\n", {"column1": "x", "column2": 1}),
        ("bare semi.csv", "x;1,5\ny;2,5\n", {"column1": "x", "column2": 1.5}),
        ("bare pairs.csv", "1,5;2,5\n2,5;3,5\n", {"column1": 1.5, "column2": 2.5}),
        ("bare years.csv", "2019,x\n2020,y\n", {"column1": 2019, "column2": "x"}),
        ("years.csv", "n,2020,2021\nx,1,2\ny,3,4\n", {"n": "x", "2020": 1, "2021": 2}),
        ("one year.csv", "n,2020,mean\nx,1,2\ny,3,4\n", {"n": "x", "2020": 1, "mean": 2}),
        ("part.csv", "n,1,q\nx,a,2\ny,b,4\n", {"n": "x", "1": "a", "q": 2}),
        ("excel.csv", "sep=;\nn;q\nx;1\ny;2\n", {"n": "x", "q": 1}),
        ("remarks.csv", "# by me, today\n\n# more\nn,q\nx,1\ny,2\n", {"n": "x", "q": 1}),
        ("hash.csv", "#id,n\n1,x\n2,y\n", {"#id": 1, "n": "x"}),
        ("twice.csv", "n,q,n,n\nx,1,y,z\nx,2,y,z\n", {"n": "x", "q": 1, "n_2": "y", "n_3": "z"}),
        ("third.csv", "n,n,n_2\nx,y,z\nx,y,z\n", {"n": "x", "n_3": "y", "n_2": "z"}),
        ("loss.csv", "n,q\nx,(50)\ny,120\n", {"n": "x", "q": -50}),
        ("quoted.csv", 'n,q\n"a, b","1,200"\n"c\nd",7\n', {"n": "a, b", "q": 1200}),
        ("titled.csv", "Sales of 2024\n\nn,q\nx,1\ny,2\n", {"n": "x", "q": 1}),
        ("titled.xls.csv", "Sales,,\n,,\nn,q,r\nx,1,5\ny,2,6\n", {"n": "x", "q": 1, "r": 5}),
        ("bank.csv", '"To:";"7"\n\nn;q;r\nx;1,5;z\ny;2,5;z\n', {"n": "x", "q": 1.5, "r": "z"}),
        ("day.csv", "Stand;31.12.2024\n\nn;q\nx;1\ny;2\n", {"n": "x", "q": 1}),
        ("account.csv", "No;123\nDay;31.12.2024\n\nn;q\nx;1\ny;2\n", {"n": "x", "q": 1}),
        (
            "few.csv",
            "By:;Ann\nTo:;Bo\nOf:;Cy\n\nn;q;r\nx;1;z\ny;2;z\n",
            {"n": "x", "q": 1, "r": "z"},
        ),
        ("gap.csv", "n,q\n\nx,absent\ny,25\n", {"n": "x", "q": "absent"}),
        ("index.csv", ",n,q\n0,x,1\n1,y,2\n", {"": 0, "n": "x", "q": 1}),
        ("spaced.csv", 'n, q\n"a", "x, y"\nb, "z"\n', {"n": "a", "q": "x, y"}),
        ("indented.csv", "n,q\n  x,1\ny,2\n", {"n": "  x", "q": 1}),
        ("comma alone.csv", "q\n1,5\n2,5\n", {"q": 1.5}),
        ("names alone.csv", "n\nLee, Ann\nRay, Bo\n", {"n": "Lee, Ann"}),
        ("more.csv", "n,q\nx,tea, milk\ny,\n", {"n": "x", "q": "tea, milk"}),
        ("filled.csv", "n,q\nx,1\ny,2\n,\n,\n", {"n": "x", "q": 1}),
        ("series.csv", ",q\n0,10\n1,20\n", {"": 0, "q": 10}),
        ("series.words.csv", '"","q"\n"x","a"\n"y","b"\n', {"": "x", "q": "a"}),
        ("series.dates.csv", ",q\n2024-01-01,5\n2024-01-02,6\n", {"": "2024-01-01", "q": 5}),
        ("levels.csv", ",,q\n2020,Jan,1\n2020,Feb,2\n", {"": 2020, "_2": "Jan", "q": 1}),
        ("nameless.csv", "n,\nx0,0\nx1,5\n", {"n": "x0", "": 0}),
        ("merged.csv", "n,,q\n,,\nx,a,1\ny,b,2\n", {"n": "x", "": "a", "q": 1}),
        ("wrapped.csv", '"n\nm",q\nx,1\ny,2\n', {"n\nm": "x", "q": 1}),
        ("extra.csv", "n,q\nx,5\ny,7,more\n", {"n": "x", "q": 5}),
        ("extra dates.csv", "n,q\nx,2024-01-05,a\ny,2024-01-06\n", {"n": "x", "q": "2024-01-05"}),
        ("row names.csv", '"n","q"\n"x",1,2\n"y",3,4\n', {"n": "x", "q": 1}),
        ("last line.csv", 'n,q\nx,1\ny,"a\n"\n\n', {"n": "x", "q": "1"}),
        ("latitudes.csv", "n;q;r\nx;48.137;2,5\ny;52.520;3,5\n", {"n": "x", "q": 48.137, "r": 2.5}),
        ("places.csv", "n;q;r\nx;48.137;2,5\ny;52.5;3,5\n", {"n": "x", "q": 48.137, "r": 2.5}),
        ("round.csv", "n;q;r\nx;1.500;12,50\ny;2.250;7,90\n", {"n": "x", "q": 1500, "r": 12.5}),
        ("small.csv", "n;q;r\nx;1.537;12,50\ny;980;7,90\n", {"n": "x", "q": 1537, "r": 12.5}),
        ("money.csv", "n;q;r\nx;€ 1.537;12,50\ny;€ 2.251;7,90\n", {"n": "x", "q": 1537, "r": 12.5}),
        ("r.csv", '"n" "q"\n"x a" "b c" 1.5\n"y" "d" NA\n', {"": "x a", "n": "b c", "q": 1.5}),
        ("r.tsv", '"n"\t"q"\n"x"\t"b"\t1\n"y"\t"d"\t2\n', {"": "x", "n": "b", "q": 1}),
        ("tabs.tsv", '"n"\t"q"\n"x"\t1\t\n"y"\t2\t\n', {"n": "x", "q": 1}),
        ("errors.csv", "n,q\nx,1\ny,#DIV/0!\n", {"n": "x", "q": 1}),
        ("a.jsonl", '{"id": 1}\n{"id": 2}\n', {"id": 1}),
        ("lines.json", '{"id": 1}\n{"id": 2}\n', {"id": 1}),
        ("lines.log", '{"id": 1}\n\n{"id": 2}\n', {"id": 1}),
        ("tags.json", '{"tags": [1, 2, 3], "rows": [{"id": 1}, {"id": 2}]}', {"id": 1}),
        ("a.json", '[{"id": 1}, {"id": 2}]', {"id": 1}),
        ("deep.json", '{"meta": 1, "items": [{"id": 1}, {"id": 2}]}', {"id": 1}),
        ("wrapped.json", '{"ok": 1, "data": {"n": 2, "xs": [{"id": 1}, {"id": 2}]}}', {"id": 1}),
        (
            "a.csv.gz",
            SALES,
            {"date": "2024-01-03", "region": "North", "zip": "01234", "revenue": 12.5},
        ),
    ],
)
def test_two_rows_of_each_form(
    tmp_path: Path, name: str, text: str, row: dict[str, object]
) -> None:
    path = written(tmp_path, name, text)
    form = form_of(name)
    assert form is not None
    found = profile(path, form)
    assert found.rows == 2
    assert found.shown[0] == row
    assert next(stream(str(path), found.form, **found.options)) == row


def test_missing_values_are_told_as_they_come(tmp_path: Path) -> None:
    text = "day;pay;mark\n" + "03.02.2024;$1,200;7\n" * 30 + "N/A;n/a;absent\n" * 2
    found = profile(written(tmp_path, "a.csv", text), "csv")
    assert found.columns == (
        ("day", "date, as '2024-02-03', None in 6% of the rows"),
        ("pay", "whole number, as 1200, None in 6% of the rows"),
        ("mark", "whole number, as 7, or 'absent'"),
    )


def test_objects_are_told_with_what_is_in_them(tmp_path: Path) -> None:
    rows = [{"id": "7", "by": {"name": "Ann"}, "lines": [{"qty": 2}], "at": "2024-01-05T10:00:00Z"}]
    rows += [{"id": "8", "by": None, "lines": [], "pay": "12.50"}]
    path = written(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = profile(path, "jsonl")
    assert dict(found.columns) == {
        "id": "text, as '7'",
        "by": "object with 'name' (text, as 'Ann'), None in 50% of the rows",
        "lines": "list, each: object with 'qty' (whole number, as 2)",
        "at": "date, as '2024-01-05 10:00:00', None in 50% of the rows",
        "pay": "number, as 12.5, None in 50% of the rows",
    }
    assert [row["pay"] for row in stream(str(path), "jsonl", **found.options)] == [None, 12.5]


def test_what_a_message_names_is_a_column(tmp_path: Path) -> None:
    event = '2024-05-06 07:08:09 INFO [db] user=ann took=12 path="/a b"\n'
    (row,) = profile(written(tmp_path, "app.log", event), "log").shown
    assert (row["user"], row["took"], row["path"]) == ("ann", 12, "/a b")


def test_a_system_log_has_times_without_a_year(tmp_path: Path) -> None:
    text = "Mar 14 22:05:09 web sshd[12]: failed\nApr  4 03:05:09 web cron: job\n"
    found = profile(written(tmp_path, "auth.log", text), "log")
    assert found.columns[0] == ("time", "date without a year, as '03-14 22:05:09'")
    assert [row["time"] for row in found.shown[:2]] == ["03-14 22:05:09", "04-04 03:05:09"]


def test_logs_have_fields(tmp_path: Path) -> None:
    found = profile(written(tmp_path, "access.log", LOG), "log")
    assert found.rows == 2
    assert (found.shown[0]["ip"], found.shown[0]["status"]) == ("10.0.0.1", 404)
    mixed = '{"a": 1}\n' * 60 + "Traceback: boom\n"
    found = profile(written(tmp_path, "service.log", mixed), "log")
    assert (found.form, found.rows) == ("log", 61)
    event = "2024-05-06 07:08:09,123 ERROR [db] lost\n2024-05-06 07:08:10,000 INFO ok\n"
    assert profile(written(tmp_path, "app.log", event), "log").shown[0]["level"] == "ERROR"
    begun = profile(written(tmp_path, "web.log", f"INFO:     up\n{event}INFO:     ok\n"), "log")
    assert [(row["time"], row["level"]) for row in begun.shown[:2]] == [
        (None, "INFO"), ("2024-05-06 07:08:09", "ERROR"),
    ]  # fmt: skip


@pytest.mark.parametrize(("line", "time", "level", "message"), [
    ("2024/05/06 07:08:09 [error] 12#0: lost", "2024-05-06 07:08:09", "error", "12#0: lost"),
    ("[2024-05-06 07:08:09] local.ERROR: lost", "2024-05-06 07:08:09", "ERROR", "lost"),
    ("[Mon May 06 07:08:09.123 2024] [core:error] [pid 1:tid 2] lost", "2024-05-06 07:08:09",
     "error", "lost"),
    ("[Mon May 06 07:08:09 2024] [notice] up", "2024-05-06 07:08:09", "notice", "up"),
    ("[ERROR] lost", None, "ERROR", "lost"),
    ("ERROR:root:lost", None, "ERROR", "root:lost"),
    ("2024-05-06 07:08:09,123 - my.app - ERROR - lost", "2024-05-06 07:08:09", "ERROR", "lost"),
    ("2024-05-06 07:08:09,123 [pool-1] WARN  c.e.App - slow", "2024-05-06 07:08:09", "WARN",
     "c.e.App - slow"),
    ("[2024-05-06 07:08:09 +0000] [7] [INFO] up", "2024-05-06 07:08:09", "INFO", "up"),
    ('::1 - - [06/May/2024:07:08:09 +0000] "-" 408 0', "2024-05-06 07:08:09", None, None),
    (r'::1 - - [06/May/2024:07:08:09 +0000] "\x16\"" 400 0', "2024-05-06 07:08:09", None, None),
    ("2024-05-06T07:08:09.123+02:00 web sshd[7]: lost", "2024-05-06 07:08:09", None, "lost"),
])  # fmt: skip
def test_logs_of_servers_have_fields(
    tmp_path: Path, line: str, time: str | None, level: str | None, message: str
) -> None:
    (row,) = profile(written(tmp_path, "app.log", f"{line}\n"), "log").shown
    assert (row.get("time"), row.get("level"), row.get("message")) == (time, level, message)
    assert "status" not in row or row["status"] in (400, 408)
    assert piped_form(f"{line}\n".encode()) == "log"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.json", "a.log"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "latin1"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    text = '[{"ä": "ö"}]' if name == "a.json" else "ä,b\nö,1\n"
    data, path = text.encode(encoding), tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    form = form_of(name)
    assert form is not None
    if encoding in ("utf-16-le", "latin1"):
        with pytest.raises(UnreadableFile, match=f"cannot use {name}: it is (not UTF-8|binary)"):
            profile(path, form)
        return
    row = profile(path, form).shown[0]
    assert row == ({"line": "ä,b"} if form == "log" else {"ä": "ö"} | row)


@pytest.mark.parametrize("text", [
    '{"a": [{"b": 1}], "c": [{"d": 1}, {"d": 2}]}', '{"a": [1, 2], "b": [3, 4]}',
    '{"needs": {"x": "^1"}, "files": ["a", "b"]}',
])  # fmt: skip
def test_an_object_of_several_lists_is_whole(tmp_path: Path, text: str) -> None:
    found = profile(written(tmp_path, "a.json", text), "json")
    assert found.shown == (json.loads(text),)


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    assert profile(written(tmp_path, "a.csv", 'n,q\nx,"1\n2"\n'), "csv").rows == 1
    with pytest.raises(UnreadableFile, match=r"a quote .* is never closed"):
        profile(written(tmp_path, "a.tsv", 'n\tq\n"x\t1\ny\t2\n'), "csv")


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a"', '[{"a": 1}, x]', "[1]\n[2]", "[1, 2"])
def test_a_list_that_breaks_off_is_no_shorter_list(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFile, match=r"cannot read a\.json as json"):
        profile(written(tmp_path, "a.json", text), "json")


def test_large_lists_are_read_a_piece_at_a_time(tmp_path: Path) -> None:
    rows = [{"id": i, "text": "ü" * 50} for i in range(30_000)]
    path = written(tmp_path, "big.json", json.dumps(rows, indent=1))
    assert list(stream(str(path), "json")) == rows
    numbers = [{"value": value} for value in range(100_000, 400_000)]
    path = written(tmp_path, "numbers.json", json.dumps([row["value"] for row in numbers]))
    assert list(stream(str(path), "json")) == numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,200", 1200), ("$3.50", 3.5), ("-7", -7), ("45%", 45), ("", None), ("x1", "x1"),
     ("1e3", 1000.0), ("12-04", "12-04"), ("N/A", None), ("1'200.5", 1200.5), ("EUR 12", 12),
     ("12.50 €", 12.5), ("0,500", "0,500"), ("-$1,200", -1200), ("-", None),
     ("\u22125", -5), ("12,34,567.5", 1234567.5), ("1,23", "1,23"),
     ("(50)", -50), ("($1,200.50)", -1200.5), ("1.50-", -1.5),
     ("1’200.5", 1200.5), ("₹1,20,000", 120_000), ("CA$3", 3), ("kr 3", 3), ("\u2013", None),
     ("#REF!", None), ("()", "()"), ("(x1)", "(x1)"), ("(-5)", "(-5)")],
)  # fmt: skip
def test_cells_as_numbers(text: str, value: object) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", "NA", ""], "int"),
        (["$1,200", "$3.50"], "float"),
        (["1.234,50", "12,00"], "comma"),
        (["0,5", "1,25"], "comma"),
        (["1.500", "2.250,75", "980,00"], "comma"),
        ([*["1.500"] * 30, "980,50"], "comma"),
        (["83.200.000", "67.500.000"], "comma"),
        (["1.000 EUR", "12,50 EUR"], "comma"),
        (["1,500", "2,250.75"], "float"),
        (["1.500", "2.250"], "float"),
        (["1,500", "2,250"], "int"),
        (["192.168.100.200", "192.168.100.201"], "text"),
        (["120", "(50)"], "int"),
        (["1.250,00", "(50,00)"], "comma"),
        (["1.250,00-", "50,00"], "comma"),
        (["(1)", "(2)"], "text"),
        (["007", "12"], "text"),
        ([*map(str, range(30)), "absent"], "int"),
        (["7", "x", "y", "z", "q"], "text"),
        (["2024-01-31", "2024-02-01 12:00"], "iso"),
        (["2024-01-31T12:00:00Z", "null"], "iso"),
        (["31.01.2024", "01.02.2024"], "dmy"),
        (["31/01/2024", "1/2/2024"], "dmy"),
        (["01/31/2024", "1/2/2024"], "mdy"),
        (["01/02/2024", "02/03/2024"], "text"),
        (["5 Jan 2024", "12 Feb 2024"], "dmy"),
        (["Jan 5, 2024", "February 12, 2024"], "mdy"),
        (["04/Mar/2024:00:00:09 +0000"], "dmy"),
        (["Fri, 1 Mar 2024", "Saturday, 2 March 2024"], "dmy"),
        (["Mo 04.03.2024", "Di 05.03.2024"], "dmy"),
        (["1/5/24", "2/13/24"], "mdy"),
        (["1/5/24", "13/2/24"], "dmy"),
        (["1/5/24", "2/3/24"], "text"),
        (["Fri. 3/8/2024", "Sat. 3/9/2024"], "text"),
        (["3/8/2024 5:00 p.m.", "3/9/2024 6:00 p.m."], "text"),
        (["24/1/5", "24/2/13"], "text"),
        (["1.2.30", "10.0.31"], "text"),
        (["Mar 14 22:05:09", "Apr  1 01:05:09"], "stamp"),
        (["Wed Oct 11 14:32:52.123456 2000"], "stamp"),
        (["10.0.0.1"], "text"),
        (["North"], "text"),
    ],
)
def test_kinds_of_columns(cells: list[str], kind: str) -> None:
    assert kind_of(cells) == kind


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.500", 1500), ("2.250,75", 2250.75), ("980,00", 980.0), ("12", 12), ("1.5", 1.5),
     ("0.500", 0.5), ("83.200.000", 83_200_000), ("1.000 EUR", 1000), ("-1.000,5 €", -1000.5),
     ("(1.250,00)", -1250.0), ("N/A", None), ("x", "x")],
)  # fmt: skip
def test_cells_of_a_column_with_decimals_behind_a_comma(text: str, value: object) -> None:
    assert READERS["comma"](text) == value


@pytest.mark.parametrize("seed", range(50))
def test_dates_as_people_write_them(seed: int) -> None:
    moment = datetime(1970, 1, 1) + timedelta(seconds=random.Random(seed).randrange(3_000_000_000))
    iso = moment.isoformat(" ")
    for form, order in (
        ("%Y-%m-%dT%H:%M:%SZ", "ymd"), ("%d.%m.%Y %H:%M:%S", "dmy"), ("%m/%d/%y %H:%M:%S", "mdy"),
        ("%d/%b/%Y:%H:%M:%S +0000", "dmy"), ("%B %d, %Y, %I:%M:%S %p", "mdy"),
    ):  # fmt: skip
        assert dated(moment.strftime(form), order) == iso
    assert type(READERS["iso"](iso[:10])) is Date


def test_a_date_is_a_text_and_a_moment() -> None:
    day, later = Date("2024-03-05"), Date("2024-03-06 12:00:00")
    assert (day.month, day.weekday(), day[:7], later.hour) == (3, 1, "2024-03", 12)
    assert f"{day:%B %Y} {day:>12}" == "March 2024   2024-03-05"
    assert (later - day, later - datetime(2024, 3, 6)) == (timedelta(1.5), timedelta(0.5))
    assert day == date(2024, 3, 5)
    assert date(2024, 3, 4) < day < "2024-03-06" < later < datetime(2024, 3, 7)
    assert {day: 1}["2024-03-05"] == 1
    assert datetime.strptime(day, "%Y-%m-%d") == datetime(2024, 3, 5)
    assert dated("31.02.2024", "dmy") == "31.02.2024"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Mar 14 22:05:09", "03-14 22:05:09"), ("Feb 29 00:00:01", "02-29 00:00:01"),
        ("Feb 30 00:00:01", "Feb 30 00:00:01"), ("-", None),
        ("Wed Oct 11 14:32:52.123456 2000", "2000-10-11 14:32:52"),
    ],
)  # fmt: skip
def test_a_time_without_a_year_is_given_none(text: str, read: str | None) -> None:
    stamp = READERS["stamp"](text)
    assert stamp == read
    assert dated(text, "mdy") == (text if read else None)
    if read and read[0] == "0":
        assert (stamp.month, stamp.hour) == (int(read[:2]), int(read[6:8]))
        with pytest.raises(AttributeError, match="without a year"):
            _ = stamp.year


def test_any_bytes_are_rows_or_one_clear_error(tmp_path: Path) -> None:
    rng = random.Random(0)
    for at in range(200):
        path = tmp_path / f"{at}.csv"
        path.write_bytes(bytes(rng.choices(b'a1,;"\n\t{}[]\xff\x00 ', k=rng.randrange(80))))
        for form in ("csv", "json", "jsonl", "log"):
            with contextlib.suppress(UnreadableFile):
                profile(path, form).told()


def test_what_is_piped_is_known_by_its_lines() -> None:
    assert piped_form(LOG.encode()) == "log"
    assert piped_form(SALES.encode()) == "csv"
    assert piped_form(b'{"a": 1}\n{"a": 2}\n') == "jsonl"
    assert piped_form(b"Dear all,\nI write, as agreed, to you.\nYours\n") is None


@pytest.mark.parametrize(("text", "form"), [
    ("[ERROR] lost\n[INFO] ok\n", "log"),
    ("[ ] milk\n[x] eggs, bread\n", None),
    ("[1] see below\n[2] see above\n", None),
    ("[2024] a year\n" * 400_000, None),
    ("{ some\n}\n", None),
    ('{\n "a": 1\n}\n{\n "a": 2\n}\n', None),
    ("[1, 2, 3]", "json"),
    (json.dumps([{"a": 1}, {"a": 2}], indent=1), "json"),
    (json.dumps([{"a": "x" * 50}] * 90_000), "json"),
    (json.dumps([{"a": "x" * 50}] * 90_000)[:-99], "json"),
    (json.dumps({"n": 1, "items": [{"a": "x" * 50}] * 90_000}), "json"),
    ("Dear Ann,\nthank you, my dear\nYours, Bo\n", None),
    ("Roses are red,\nViolets are blue,\nSugar is sweet,\n", None),
    ("name, age\nann, 3\nbo, 4\n", "csv"),
    ("name,city\nann,Rome\nbo,Oslo\n", "csv"),
    ("name\tcity\nann\tRome\nbo\tOslo\n", "csv"),
    ('name,city\n"Lee, Ann",Rome\nbo,Oslo\n', "csv"),
    ("sep=;\nn;q\nann;3\nbo;4\n", "csv"),
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_brackets_and_commas_make_no_data(text: str, form: str | None, encoding: str) -> None:
    assert piped_form(text.encode(encoding)) == form


def document(path: Path, text: str | None = None) -> Document:
    return Document(path.name, path.read_text() if text is None else text, path)


def test_questions_that_count_are_computed_and_others_read(tmp_path: Path) -> None:
    one = document(written(tmp_path, "sales.csv", SALES))
    long = document(written(tmp_path, "long.csv", SALES * 90))
    letter = Document("letter.txt", "Dear Ann, sales were highest in May. Yours, Bo")
    shown, files = computed_over("Which month had the highest revenue?", [one])
    assert files[0].rows == 2
    assert shown[0].text.startswith("sales.csv: table, 77 bytes, 2 rows\n- date: date, as")
    for question in (
        "Who is the oldest?", "Where were sales highest?", "Who sold the most in May?",
        "When was revenue lowest?", "Whose revenue is above 10?", "Who sold more than Ann?",
        "Which runner was fastest?", "Welche Region hat die meisten Kunden?",
    ):  # fmt: skip
        assert computed_over(question, [one])[1] == files
        assert computed_over(question, [letter]) == ((letter,), ())
    for question in ("Who wrote this report?", "When was it exported?", "Where does Ann live?"):
        assert computed_over(question, [one]) == ((one,), ())
        assert computed_over(question, [long]) == ((long,), ())
    assert computed_over("Explain what this file is about", [one]) == ((one,), ())
    assert computed_over("Is it tidy?", [one]) == ((one,), ())
    for text in ('{"a": true} // remarks', '{"needs": {"x": "^1"}, "files": ["a"]}'):
        one = document(written(tmp_path, "settings.json", text))
        assert computed_over("How many files are there?", [one]) == ((one,), ())


def test_a_file_too_large_to_read_is_only_computed_over(tmp_path: Path) -> None:
    one = document(written(tmp_path, "sales.csv.gz", SALES), "")
    assert computed_over("Is it tidy?", [one])[1]
    assert computed_over("Where was revenue 7?", [one])[1]
    with pytest.raises(UnreadableFile, match="too large or packed"):
        computed_over("Summarise this file", [one])
    (tmp_path / "more").mkdir()
    with pytest.raises(UsageError, match="two files are called"):
        computed_over(
            "How many rows?", [one, document(written(tmp_path / "more", one.name, SALES), "")]
        )


@locked
@pytest.mark.parametrize("name", ["sales.csv", "sales.csv.gz"])
def test_a_program_reads_the_whole_file_in_the_jail(tmp_path: Path, name: str) -> None:
    files = [profile(written(tmp_path, name, SALES * 1), "csv")]
    code = (
        "def solution():\n    rows = read_rows()\n"
        "    return sum(row['revenue'] for row in rows) + len(rows)"
    )
    ran = runner("", unsafe=False, data=files)(code, threading.Event())
    assert (ran.answer, ran.error) == ("21.5", "")
    assert columns_used(files, code) == ["revenue"]
    assert "'wanted': ['revenue']" in above(files, code)


@locked
def test_a_program_reads_what_its_profile_saw(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sep=;\nn;pay;pay\nä;1.500;2,50\n".encode("utf-16"))
    code = "def solution():\n    return sum(row['pay_2'] for row in read_rows() if row['n'] == 'ä')"
    ran = runner("", unsafe=False, data=[profile(path, "csv")])(code, threading.Event())
    assert (ran.answer, ran.error) == ("2.5", "")


@locked
def test_a_program_joins_two_files(tmp_path: Path) -> None:
    files = [
        profile(written(tmp_path, "students.csv", "ID,form\n01,7a\n02,7b\n"), "csv"),
        profile(written(tmp_path, "test scores.csv", "id,points\n02,5\n01,7\n02,6\n"), "csv"),
    ]
    assert "read_rows('test scores.csv') gives every row" in told(files)
    code = (
        f"def solution():\n{reads(files)}"
        "    return sum(row['points'] for row in test_scores_with_students if row['form'] == '7b')"
    )
    assert runner("", unsafe=False, data=files)(code, threading.Event()).answer == "11"


@locked
def test_a_program_cannot_write_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "sales.csv", SALES)
    code = "def solution():\n    open('sales.csv', 'w').write('x')\n    return 1"
    ran = runner("", unsafe=False, data=[profile(path, "csv")])(code, threading.Event())
    assert ran.error
    assert path.read_text() == SALES


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("Which product sold the most units?", "    totals_by_product = {}\n"),
        ("In which month did it rain most?", "    totals_by_month = {}\n"),
        ("Which form has the highest average points?", "    values_by_form = {}\n"),
        ("Welche Stadt hat die meisten Kunden?", "    totals_by_stadt = {}\n"),
        ("How many distinct addresses got a 404?", "    different = set()\n"),
        ("What is the highest salary?", ""),
        ("What is the sum of all prices?", ""),
        ("How many rows are there?", ""),
    ],
)
def test_the_loop_that_small_models_forget_is_begun(
    tmp_path: Path, question: str, hint: str
) -> None:
    lines = reads([profile(written(tmp_path, "sales.csv", SALES), "csv")], question)
    loop = "    for row in rows:  # only those that are asked about\n" if hint else ""
    assert lines == f"    rows = read_rows()\n{hint}{loop}"


@locked
def test_a_program_that_forgot_missing_values_runs_on_the_rows_that_have_them(
    tmp_path: Path,
) -> None:
    files = [profile(written(tmp_path, "a.csv", "who,pay\nann,3\nbo,n/a\ncy,5\n"), "csv")]
    code = f"def solution():\n{reads(files)}    pays = [row['pay'] for row in rows]\n"
    run = runner("", unsafe=False, data=files)
    ran = run(f"{code}    return sum(pays) / len(pays)", threading.Event())
    assert (ran.answer, ran.note) == ("4", "rows without pay left out")
    ran = run(f"{code}    return pays.count(None)", threading.Event())
    assert (ran.answer, ran.note) == ("1", "")


@locked
def test_a_word_among_numbers_is_a_value_that_is_missing(tmp_path: Path) -> None:
    rows = "ann,3\n" * 30 + "bo,absent\n"
    files = [profile(written(tmp_path, "a.csv", f"who,mark\n{rows}"), "csv")]
    code = f"def solution():\n{reads(files)}    marks = [row['mark'] for row in rows]\n"
    run = runner("", unsafe=False, data=files)
    for body, answer, note in (
        ("sum(marks)", "90", "rows without mark left out"),
        ("sum(1 for mark in marks if mark >= 3)", "30", "rows without mark left out"),
        ("marks.count('absent')", "1", ""),
    ):
        ran = run(f"{code}    return {body}", threading.Event())
        assert (ran.answer, ran.note) == (answer, note)


def test_tables_are_put_together_where_the_question_is_about_both(tmp_path: Path) -> None:
    files = [
        profile(written(tmp_path, "students.csv", "ID,form\n01,7a\n02,7b\n"), "csv"),
        profile(written(tmp_path, "scores.csv", "id,points\n02,5\n01,7\n02,6\n"), "csv"),
    ]
    assert "scores_with_students" not in reads(files, "How many students are in form 7a?")
    for question in ("How many points has form 7a?", "Who is best?", "The mean score by form?"):
        assert "scores_with_students" in reads(files, question)


def test_a_program_may_go_by_today_where_the_question_does() -> None:
    code = "def solution():\n    return (date.today() - date(2001, 5, 10)).days > 0"
    asked = runner("Am I older than 20 today? I was born on 10 May 2001.", unsafe=True)
    assert asked(code, threading.Event()).error == ""
    asked = runner("I was born on 10 May 2001. How old was I on 10 May 2021?", unsafe=True)
    assert asked(code, threading.Event()).error.startswith("it goes by today's date")
