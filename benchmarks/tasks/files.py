"""Twelve data sets in files of many kinds, and five questions over each whose answers are known.

What is asked is computed from the values before they are written, never from the files: these have
awkward headers, missing values, thousands separators, currencies, and dates as people write them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from statistics import mean, median
from typing import Any

Rows = list[dict[str, Any]]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
REGIONS = ["North", "South", "East", "West"]
PRODUCTS = ["lamp", "chair", "desk", "shelf", "sofa"]
CITIES = ["Lyon", "Porto", "Graz", "Turku", "Ghent", "Cork"]
NAMES = ["Ada", "Bo", "Cleo", "Dai", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun"]
PATHS = ["/", "/login", "/cart", "/img/logo.png", "/api/items", "/about", "/search"]


@dataclass(frozen=True)
class Set:
    """A data set: its files by name, each as pieces of text, and (question, answer) pairs."""

    files: dict[str, Iterable[str]]
    questions: list[tuple[str, Any]]


def top(
    rows: Rows, by: Callable[[dict[str, Any]], Any], worth: Callable[[dict[str, Any]], float]
) -> Any:
    """The group whose sum is the largest; an error where two are alike."""
    sums: dict[Any, float] = defaultdict(float)
    for row in rows:
        sums[by(row)] += worth(row)
    (first, most), (_, second) = sorted(sums.items(), key=lambda item: -item[1])[:2]
    assert most > second
    return first


def most(rows: Iterable[Any]) -> Any:
    """What occurs most often; an error where two do."""
    (first, many), (_, second) = Counter(rows).most_common(2)
    assert many > second
    return first


def some(rng: random.Random, value: Any, share: float = 0.03) -> Any:
    """The value, or None where it is missing."""
    return None if rng.random() < share else value


def money(value: float) -> str:
    return f"{value:.2f}"


def table(names: list[str], rows: Iterable[Iterable[Any]], delimiter: str = ",") -> Iterator[str]:
    """The text of a table, with its head."""
    for row in chain([names], rows):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(row)
        yield text.getvalue()


def month(number: int, year: int) -> list[str]:
    """A month as an answer, with its year and without."""
    return [MONTHS[number - 1], f"{MONTHS[number - 1]} {year}"]


def day(rng: random.Random, year: int) -> date:
    return date(year, 1, 1) + timedelta(rng.randrange(365))


def sales(rng: random.Random) -> Set:
    rows: Rows = [
        {"date": day(rng, 2023), "region": rng.choice(REGIONS), "product": rng.choice(PRODUCTS),
         "units": rng.randint(1, 9), "revenue": rng.randint(500, 90_000) / 100}
        for _ in range(1500)
    ]  # fmt: skip
    text = table(list(rows[0]), (row.values() for row in rows))
    return Set({"sales.csv": text}, [
        ("Which month had the highest revenue?",
         month(top(rows, lambda r: r["date"].month, lambda r: r["revenue"]), 2023)),
        ("What is the total revenue of the North region?",
         money(sum(r["revenue"] for r in rows if r["region"] == "North"))),
        ("which product sold the most units", top(rows, lambda r: r["product"], lambda r: r["units"])),
        ("How many sales above 500 were there in the South?",
         sum(r["region"] == "South" and r["revenue"] > 500 for r in rows)),
        ("What's the average number of units per sale? Round to two decimals.",
         money(mean(r["units"] for r in rows))),
    ])  # fmt: skip


def orders(rng: random.Random) -> Set:
    rows: Rows = [
        {"id": f"{n:05}", "day": day(rng, 2022), "name": rng.choice(NAMES), "city": rng.choice(CITIES),
         "price": rng.randint(500, 250_000) / 100, "state": rng.choice(["paid", "open", "returned"])}
        for n in range(1, 6001)
    ]  # fmt: skip
    text = table(
        ["Order No.", "Order Date", "Customer Name", "Ship-to City", "Price (EUR)", "Status"],
        ([r["id"], f"{r['day']:%d.%m.%Y}", r["name"], r["city"], f"{r['price']:,.2f}", r["state"]]
         for r in rows), "\t",
    )  # fmt: skip
    paid = [r for r in rows if r["state"] == "paid"]
    return Set({"orders.tsv": text}, [
        ("How many orders were returned?", sum(r["state"] == "returned" for r in rows)),
        ("What is the sum of the prices of all paid orders?", money(sum(r["price"] for r in paid))),
        ("Which city has the highest total price over all orders?",
         top(rows, lambda r: r["city"], lambda r: r["price"])),
        ("How many orders were placed in March 2022?", sum(r["day"].month == 3 for r in rows)),
        ("Which customer has the most open orders?",
         most(r["name"] for r in rows if r["state"] == "open")),
    ])  # fmt: skip


def staff(rng: random.Random) -> Set:
    rows: Rows = [
        {"name": f"{rng.choice(NAMES)} {n}", "team": rng.choice(["Sales", "Legal", "Support", "IT"]),
         "start": date(2010, 1, 1) + timedelta(rng.randrange(5000)),
         "salary": some(rng, rng.randrange(31_000, 140_000, 500))}
        for n in range(2500)
    ]  # fmt: skip
    text = table(
        ["Full Name", "Dept", "Start Date", "Annual Salary"],
        ([r["name"], r["team"], f"{r['start']:%m/%d/%Y}",
          rng.choice(["N/A", ""]) if r["salary"] is None else f"${r['salary']:,}"] for r in rows), ";",
    )  # fmt: skip
    known = [r for r in rows if r["salary"] is not None]
    return Set({"staff.csv": text}, [
        ("What is the highest annual salary?", max(r["salary"] for r in known)),
        ("How many people work in Support?", sum(r["team"] == "Support" for r in rows)),
        ("What is the average salary in Legal, rounded to the nearest dollar?",
         f"{mean(r['salary'] for r in known if r['team'] == 'Legal'):.0f}"),
        ("How many employees started in 2015?", sum(r["start"].year == 2015 for r in rows)),
        ("how many people have no salary in the file?", len(rows) - len(known)),
    ])  # fmt: skip


def weather(rng: random.Random) -> Set:
    start = datetime(2021, 1, 1)
    rows: Rows = [
        {"when": start + timedelta(hours=n), "station": station,
         "temp": some(rng, round(rng.gauss(10, 8), 1)),
         "rain": round(max(0, rng.gauss(-1, 2)), 1)}
        for n in range(8760) for station in ("Alm", "Bay", "Cove")
    ]  # fmt: skip
    text = table(
        ["timestamp", "station_id", "temp_c", "rain_mm"],
        ([f"{r['when']:%Y-%m-%d %H:%M}", r["station"], "NA" if r["temp"] is None else r["temp"], r["rain"]]
         for r in rows),
    )  # fmt: skip
    known = [r for r in rows if r["temp"] is not None]
    return Set({"weather.csv.gz": text}, [
        ("What was the lowest temperature measured?", min(r["temp"] for r in known)),
        ("Which station had the most rain in total?",
         top(rows, lambda r: r["station"], lambda r: r["rain"])),
        ("How many readings have no temperature?", len(rows) - len(known)),
        ("In which month did it rain most?",
         month(top(rows, lambda r: r["when"].month, lambda r: r["rain"]), 2021)),
        ("What is the mean temperature at Bay, to two decimals?",
         money(mean(r["temp"] for r in known if r["station"] == "Bay"))),
    ])  # fmt: skip


def access(rng: random.Random) -> Set:
    start = datetime(2024, 3, 4)
    rows: Rows = [
        {"ip": f"10.0.{rng.randrange(4)}.{rng.randrange(200)}", "path": rng.choice(PATHS),
         "when": start + timedelta(seconds=n * 9), "size": rng.randrange(100, 90_000),
         "status": rng.choices([200, 304, 404, 500], [80, 10, 8, 2])[0],
         "method": rng.choices(["GET", "POST"], [9, 1])[0]}
        for n in range(50_000)
    ]  # fmt: skip
    text = (
        f'{r["ip"]} - - [{r["when"]:%d/%b/%Y:%H:%M:%S} +0000] "{r["method"]} {r["path"]} HTTP/1.1" '
        f'{r["status"]} {r["size"]} "-" "Mozilla/5.0"\n'
        for r in rows
    )
    return Set({"access.log": text}, [
        ("How many distinct addresses got a 404?", len({r["ip"] for r in rows if r["status"] == 404})),
        ("Which path was requested most often?", most(r["path"] for r in rows)),
        ("How many POST requests are there?", sum(r["method"] == "POST" for r in rows)),
        ("How many bytes were sent in total?", sum(r["size"] for r in rows)),
        ("How many server errors (status 500) happened on 5 March 2024?",
         sum(r["status"] == 500 and r["when"].day == 5 for r in rows)),
    ])  # fmt: skip


def service(rng: random.Random) -> Set:
    start = datetime(2024, 6, 1)
    rows: Rows = [
        {"when": start + timedelta(seconds=n * 20), "user": rng.choice(NAMES).lower(),
         "level": rng.choices(["INFO", "WARNING", "ERROR", "DEBUG"], [70, 10, 5, 15])[0],
         "ms": rng.randrange(5, 4000)}
        for n in range(40_000)
    ]  # fmt: skip
    text = (
        f"{r['when']:%Y-%m-%d %H:%M:%S},000 {r['level']} [web] user={r['user']} took {r['ms']} ms\n"
        for r in rows
    )
    errors = [r for r in rows if r["level"] == "ERROR"]
    return Set({"service.log.gz": text}, [
        ("How many errors are there?", len(errors)),
        ("Which hour of the day (0 to 23) has the most errors?", most(r["when"].hour for r in errors)),
        ("Which user shows up in the most lines?", most(r["user"] for r in rows)),
        ("What is the longest time in ms that something took?", max(r["ms"] for r in rows)),
        ("How many warnings were logged on 2024-06-03?",
         sum(r["level"] == "WARNING" and r["when"].day == 3 for r in rows)),
    ])  # fmt: skip


def books(rng: random.Random) -> Set:
    rows: Rows = [
        {"title": f"Book {n}", "author": {"name": rng.choice(NAMES), "country": rng.choice(["FR", "JP", "BR"])},
         "year": rng.randrange(1950, 2024), "price": rng.randint(500, 6000) / 100,
         "ratings": [rng.randint(1, 5) for _ in range(rng.randrange(6))]}
        for n in range(2500)
    ]  # fmt: skip
    rated = [r for r in rows if r["ratings"]]
    return Set({"books.json": [json.dumps(rows, indent=1)]}, [
        ("How many books were published before 1980?", sum(r["year"] < 1980 for r in rows)),
        ("Which author has written the most books?", most(r["author"]["name"] for r in rows)),
        ("What is the average price of the books by authors from JP, to two decimals?",
         money(mean(r["price"] for r in rows if r["author"]["country"] == "JP"))),
        ("How many books have no ratings?", len(rows) - len(rated)),
        ("How many ratings of 5 are there in total?", sum(r["ratings"].count(5) for r in rows)),
    ])  # fmt: skip


def shop(rng: random.Random) -> Set:
    rows: Rows = [
        {"orderId": n, "createdAt": f"{datetime(2023, 1, 1) + timedelta(minutes=37 * n):%Y-%m-%dT%H:%M:%SZ}",
         "customer": {"id": rng.randrange(500), "tier": rng.choice(["gold", "silver", "basic"])},
         "lines": [{"sku": rng.choice(PRODUCTS), "qty": rng.randint(1, 4), "price": rng.randint(1, 300)}
                   for _ in range(rng.randint(1, 4))]}
        for n in range(9000)
    ]  # fmt: skip
    lines = [line for r in rows for line in r["lines"]]
    value = {id(r): sum(line["qty"] * line["price"] for line in r["lines"]) for r in rows}
    whole = {"generated": "2024-01-01", "currency": "USD", "orders": rows}
    return Set({"shop.json": [json.dumps(whole)]}, [
        ("How many orders are there?", len(rows)),
        ("What is the total revenue over all orders (quantity times price)?", sum(value.values())),
        ("Which sku was sold in the largest quantity?",
         top(lines, lambda line: line["sku"], lambda line: line["qty"])),
        ("How many orders come from gold customers?", sum(r["customer"]["tier"] == "gold" for r in rows)),
        ("How many orders were created in February 2023?",
         sum(r["createdAt"].startswith("2023-02") for r in rows)),
    ])  # fmt: skip


def events(rng: random.Random) -> Set:
    start = datetime(2024, 1, 1)
    kinds = ["click", "view", "purchase", "refund"]
    rows: Rows = [
        {"ts": start + timedelta(seconds=60 * n), "user": f"u{rng.randrange(3000)}",
         "kind": rng.choices(kinds, [50, 40, 8, 2])[0], "cents": rng.randint(100, 20_000)}
        for n in range(160_000)
    ]  # fmt: skip
    text = (
        json.dumps({"ts": r["ts"].isoformat() + "Z", "user_id": r["user"], "event": r["kind"],
                    **({"amount": f"{r['cents'] / 100:.2f}"} if r["kind"] in kinds[2:] else {})}) + "\n"
        for r in rows
    )  # fmt: skip
    bought = [r for r in rows if r["kind"] == "purchase"]
    return Set({"events.jsonl": text}, [
        ("How many purchases are there?", len(bought)),
        ("What is the total amount of all purchases?", money(sum(r["cents"] for r in bought) / 100)),
        ("How many different users made a purchase?", len({r["user"] for r in bought})),
        ("In which month were the most refunds?",
         month(most(r["ts"].month for r in rows if r["kind"] == "refund"), 2024)),
        ("What share of the events are clicks, in percent to one decimal?",
         f"{100 * mean(r['kind'] == 'click' for r in rows):.1f}"),
    ])  # fmt: skip


def trips(rng: random.Random) -> Set:
    start = datetime(2023, 1, 1)
    rows: Rows = [
        {"id": n, "start": start + timedelta(seconds=12 * n), "minutes": rng.randint(2, 90),
         "from": rng.choice(CITIES), "km": rng.randint(5, 600) / 10, "fare": rng.randint(30, 900) / 10}
        for n in range(2_500_000)
    ]  # fmt: skip
    text = (
        f"T{r['id']:08},{r['start']:%Y-%m-%d %H:%M:%S},"
        f"{r['start'] + timedelta(minutes=r['minutes']):%Y-%m-%d %H:%M:%S},{r['from']},{r['km']},"
        f"{r['fare']},card,ok\n"
        for r in rows
    )
    head = "trip_id,started_at,ended_at,start_city,distance_km,fare_eur,payment,status\n"
    return Set({"trips.csv": chain([head], text)}, [
        ("How many trips started in Porto?", sum(r["from"] == "Porto" for r in rows)),
        ("What is the longest distance of a trip in km?", max(r["km"] for r in rows)),
        ("Which city has the highest total fare?", top(rows, lambda r: r["from"], lambda r: r["fare"])),
        ("How many trips took longer than 80 minutes?", sum(r["minutes"] > 80 for r in rows)),
        ("What is the average fare, to two decimals?", money(mean(r["fare"] for r in rows))),
    ])  # fmt: skip


def sensors(rng: random.Random) -> Set:
    rows: Rows = [
        {"sensor": f"s{rng.randrange(20):02}", "volts": some(rng, rng.randint(300, 420)),
         "ok": rng.random() < 0.97}
        for _ in range(2_000_000)
    ]  # fmt: skip
    text = (
        json.dumps({"seq": n, "device": {"sensor": r["sensor"], "firmware": "2.1.0"},
                    "volts": None if r["volts"] is None else r["volts"] / 100, "ok": r["ok"]}) + "\n"
        for n, r in enumerate(rows)
    )  # fmt: skip
    known = [r["volts"] for r in rows if r["volts"] is not None]
    return Set({"sensors.jsonl": text}, [
        ("How many readings are not ok?", sum(not r["ok"] for r in rows)),
        ("How many different sensors are there?", len({r["sensor"] for r in rows})),
        ("Which sensor has the most readings that are not ok?",
         most(r["sensor"] for r in rows if not r["ok"])),
        ("What is the median of volts?", f"{median(known) / 100:g}"),
        ("How many readings are without a value for volts?", len(rows) - len(known)),
    ])  # fmt: skip


def school(rng: random.Random) -> Set:
    pupils: Rows = [
        {"no": f"{n:04}", "name": f"{rng.choice(NAMES)} {n}", "form": rng.choice(["7a", "7b", "8a", "8b"])}
        for n in range(1, 801)
    ]  # fmt: skip
    marks: Rows = [
        {"no": pupil["no"], "form": pupil["form"], "subject": subject,
         "points": some(rng, rng.randint(20, 100))}
        for pupil in pupils for subject in ("maths", "art", "music")
    ]  # fmt: skip
    rng.shuffle(marks)
    known = [r for r in marks if r["points"] is not None]
    forms = sorted({p["form"] for p in pupils})
    means = {
        f: mean(r["points"] for r in known if (r["form"], r["subject"]) == (f, "maths"))
        for f in forms
    }
    files = {
        "students.csv": table(["Student ID", "Name", "Form"], (p.values() for p in pupils)),
        "scores.csv": table(
            ["student_id", "Subject", "Points"],
            (
                [r["no"], r["subject"], "absent" if r["points"] is None else r["points"]]
                for r in marks
            ),
        ),
    }
    return Set(files, [
        ("How many students are in form 7a?", sum(p["form"] == "7a" for p in pupils)),
        ("Which form has the highest average points in maths?", max(forms, key=means.__getitem__)),
        ("What is the total of the points that form 8b got in art?",
         sum(r["points"] for r in known if (r["form"], r["subject"]) == ("8b", "art"))),
        ("How many times was somebody absent in music?",
         sum(r["points"] is None and r["subject"] == "music" for r in marks)),
        ("How many students of form 8a have 90 points or more in maths?",
         sum((r["form"], r["subject"]) == ("8a", "maths") and r["points"] >= 90 for r in known)),
    ])  # fmt: skip


SETS = (
    sales, orders, staff, weather, access, service, books, shop, events, trips, sensors, school,
)  # fmt: skip


def make(folder: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Write all files, and return the questions, each with its files and its half."""
    found: list[dict[str, Any]] = []
    for made in SETS:
        one = made(random.Random(made.__name__))
        for name, text in one.files.items():
            opened: Any = gzip.open if name.endswith(".gz") else open
            with opened(folder / name, "wt", encoding="utf-8", newline="") as file:
                file.writelines(text)
            say(f"{name}: {(folder / name).stat().st_size:,} bytes")
        for nth, (question, answer) in enumerate(one.questions, 1):
            half = ("dev", "judged")[len(found) % 2]
            found.append(
                {
                    "id": f"{made.__name__}-{nth}",
                    "files": list(one.files),
                    "half": half,
                    "question": question,
                    "answer": answer if isinstance(answer, list) else str(answer),
                    "kind": made.__name__,
                }
            )
    return found
