"""Write ttc_cli/answers/names.json: units, months, weekdays and currencies in six languages.

    python benchmarks/answer_names.py

Factors and dimensions are pint's, names in other languages and currencies are CLDR's (babel);
both take longer to import than a comparison may, so that the program reads this table instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

from babel import Locale
from babel.numbers import get_currency_symbol
from pint import UnitRegistry

TARGET = Path(__file__).parents[1] / "ttc_cli" / "answers" / "names.json"
LOCALES = ("en", "de", "fr", "es", "it", "pt")
PLAIN = [
    "inch",
    "foot",
    "yard",
    "mile",
    "nautical_mile",
    "light_year",
    "acre",
    "hectare",
    "pound",
    "ounce",
    "ton",
    "metric_ton",
    "stone",
    "carat",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "fortnight",
    "month",
    "year",
    "decade",
    "century",
    "millennium",
    "gallon",
    "quart",
    "pint",
    "cup",
    "tablespoon",
    "teaspoon",
    "fluid_ounce",
    "barrel",
    "bushel",
    "degree",
    "radian",
    "arcminute",
    "arcsecond",
    "steradian",
    "turn",
    "degree_Celsius",
    "degree_Fahrenheit",
    "kelvin",
    "rpm",
    "knot",
    "bit",
    "byte",
    "calorie",
    "kilocalorie",
    "electron_volt",
    "british_thermal_unit",
    "horsepower",
    "atmosphere",
    "bar",
    "millimeter_Hg",
    "pound_force_per_square_inch",
    "newton",
    "joule",
    "watt",
    "volt",
    "ampere",
    "ohm",
    "farad",
    "henry",
    "tesla",
    "weber",
    "coulomb",
    "hertz",
    "pascal",
    "mole",
    "lumen",
    "lux",
    "becquerel",
    "sievert",
    "decibel",
]
PREFIXED = [
    "meter",
    "gram",
    "second",
    "liter",
    "hertz",
    "watt",
    "joule",
    "volt",
    "ampere",
    "ohm",
    "pascal",
    "newton",
    "byte",
    "bit",
    "electron_volt",
    "watt_hour",
    "calorie",
    "mole",
    "farad",
    "bar",
    "pascal",
]
PREFIXES = ("nano", "micro", "milli", "centi", "kilo", "mega", "giga", "tera")
SYMBOLS = dict(zip(PREFIXES, ("n", "μ", "m", "c", "k", "M", "G", "T"), strict=True))
# names that people write and neither library knows; "=" gives what they stand for
MORE = """
sec=second secs=second hr=hour hrs=hour min=minute mins=minute wk=week yr=year yrs=year mo=month
kmh=kilometer/hour kph=kilometer/hour mph=mile/hour cc=centimeter**3 tbsp=tablespoon tsp=teaspoon
lbs=pound kilo=kilogram kilos=kilogram tonne=metric_ton tonnes=metric_ton sqft=foot**2
°=degree deg=degree grad=degree °c=degree_Celsius °f=degree_Fahrenheit celsius=degree_Celsius
fahrenheit=degree_Fahrenheit centigrade=degree_Celsius ℓ=liter gal=gallon qt=quart "=inch ″=inch
'=foot ′=foot mmhg=millimeter_Hg psi=pound_force_per_square_inch ltr=liter µm=micrometer
micron=micrometer feet=foot inches=inch centuries=century yd=yard mi=mile lb=pound oz=ounce
h=hour s=second d=day w=week y=year
Std=hour Stdn=hour Sek=second Uhrzeit=hour hora=hour horas=hour Jh=century Jahrhundert=century
Jahrhunderte=century siglo=century siglos=century siècle=century siècles=century secolo=century
Mb=megabit Gb=gigabit C=degree_Celsius F=degree_Fahrenheit L=liter mmHg=millimeter_Hg
fl_oz=fluid_ounce degrees_C=degree_Celsius degrees_F=degree_Fahrenheit
"""
# words that mean something else more often than a unit, in the languages of the table
UNLIKELY = [
    "mil",
    "once",
    "quarter",
    "quarters",
    "quarti",
    "quarto",
    "quartos",
    "point",
    "points",
    "punto",
    "puntos",
    "pontos",
    "tour",
    "tours",
    "cycle",
    "circle",
    "pie",
    "pies",
    "rod",
    "rods",
    "link",
    "pinch",
    "pinches",
    "chain",
    "chains",
    "grain",
    "grains",
    "bu",
    "pt",
    "cp",
    "ct",
    "al",
    "prise",
    "prisen",
    "gran",
    "grani",
    "grano",
    "granos",
    "grais",
    "turn",
    "an",
    "au",
    "al",
    "w",
    "y",
    "braccia",
    "braccio",
    "set",
    "out",
    "mag",
    "gen",
    "dim",
    "dom",
    "ter",
    "sex",
    "libra",
    "libras",
    "livre",
    "livres",
    "siemens",
    "revolution",
    "revolutions",
    "mB",
    "mF",
    "Ms",
    "Gs",
    "Mg",
    "Gg",
    "Tg",
    "TA",
    "GA",
    "cB",
    "cA",
    "cF",
    "cJ",
    "cN",
    "cV",
    "cW",
    "cHz",
    "cPa",
    "cal_th",
    "dram",
    "drams",
    "staio",
    "staia",
    "mF",
]
APART = {  # the scales of temperature share no zero, months and years no fixed number of days
    "degree_Celsius": ("1", "celsius"), "degree_Fahrenheit": ("1", "fahrenheit"),
    "kelvin": ("1", "kelvin"), "month": ("1", "calendar"), "year": ("12", "calendar"),
    "decade": ("120", "calendar"), "century": ("1200", "calendar"),
    "millennium": ("12000", "calendar"), "degree": ("1", "degree"), "radian": ("1", "radian"),
    "decibel": ("1", "decibel"), "byte": ("8", "data"), "bit": ("1", "data"),
    "hertz": ("1", "frequency"), "mole": ("1", "mole"), "steradian": ("1", "steradian"),
    "turn": ("1", "turn"), "rpm": ("1", "rpm"), "becquerel": ("1", "becquerel"),
    "sievert": ("1", "sievert"), "arcminute": ("1/60", "degree"), "arcsecond": ("1/3600", "degree"),
}  # fmt: skip
BARE = {"$": "USD", "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD", "€": "EUR",
        "euro": "EUR", "euros": "EUR", "£": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
        "sterling": "GBP", "¥": "JPY", "yen": "JPY", "円": "JPY", "yuan": "CNY", "rmb": "CNY",
        "元": "CNY", "₹": "INR", "rs": "INR", "rs.": "INR", "rupee": "INR", "rupees": "INR",
        "us$": "USD", "$us": "USD", "franken": "CHF", "fr.": "CHF", "francs": "FRF",
        "franc": "FRF", "peso": "MXN", "pesos": "MXN", "won": "KRW", "₩": "KRW", "ruble": "RUB",
        "rubles": "RUB", "₽": "RUB", "real": "BRL", "reais": "BRL", "r$": "BRL", "lira": "TRY",
        "₺": "TRY", "krona": "SEK", "kronor": "SEK", "zloty": "PLN", "zł": "PLN", "₿": "BTC",
        "btc": "BTC", "bitcoin": "BTC", "dólares": "USD", "dólar": "USD", "dollari": "USD",
        "dollaro": "USD", "rupien": "INR", "roupies": "INR", "rupias": "INR"}  # fmt: skip
CENTS = {"¢": "USD", "cent": "USD", "cents": "USD", "penny": "GBP", "pence": "GBP", "p": "GBP",
         "paise": "INR", "paisa": "INR", "centimes": "EUR", "centavos": "MXN"}  # fmt: skip


def value_of(registry: UnitRegistry, name: str) -> list[str]:
    if name in APART:
        return list(APART[name])
    base = registry.Quantity(Fraction(1), name).to_base_units()
    if "byte" in name or name.endswith("bit"):
        return [str(Fraction(base.magnitude)), "data"]
    if "hertz" in name:
        scale = registry.Quantity(Fraction(1), name).to("hertz")
        return [str(Fraction(scale.magnitude)), "frequency"]
    if "mole" in name:
        return [
            str(Fraction(registry.Quantity(Fraction(1), name).to("mole").magnitude)),
            "mole",
        ]
    parts = sorted((k[1:-1], int(v)) for k, v in base.dimensionality.items())
    return [str(Fraction(base.magnitude)), "*".join(f"{k}^{v}" for k, v in parts)]


def prefixed(registry: UnitRegistry) -> Iterator[tuple[str, list[str]]]:
    """Names of the units that take prefixes, with each of them."""
    worth = partial(value_of, registry)
    for base in PREFIXED:
        if base == "watt_hour":
            for prefix in ("", "kilo", "mega", "giga"):
                of = worth(f"{prefix}watt*hour".removeprefix("*"))
                yield f"{SYMBOLS.get(prefix, '')}Wh", of
                yield f"{prefix}watt hour", of
                yield f"{prefix}watt-hour", of
            continue
        symbol = registry._units[base].symbol
        yield base, worth(base)
        yield symbol, worth(base)
        for prefix in PREFIXES:
            of = worth(prefix + base)
            for full in {base, base.replace("meter", "metre").replace("liter", "litre")}:
                yield prefix + full, of
            for short in {symbol, *("lL" if base == "liter" else "")}:
                yield SYMBOLS[prefix] + short, of


def units() -> dict[str, list[str]]:
    registry = UnitRegistry(non_int_type=Fraction)

    worth = partial(value_of, registry)
    found: dict[str, list[str]] = {}

    def add(name: str, of: list[str]) -> None:
        found.setdefault(name, of)

    def names_of(name: str) -> list[str]:
        unit = registry._units[name]
        return [unit.name.replace("_", " "), unit.symbol, *unit.aliases]

    for name in PLAIN:
        for alias in names_of(name) if name in registry._units else [name]:
            add(alias, worth(name))
    for name, of in prefixed(registry):
        add(name, of)
    for word in ("metre", "litre", "gramme"):
        add(word, worth({"metre": "meter", "litre": "liter", "gramme": "gram"}[word]))
    for pair in MORE.split():
        name, _, of = pair.rpartition("=")
        found[name.replace("degrees_", "degrees ").replace("fl_oz", "fl oz")] = worth(of)
    for name, plain in foreign():
        try:
            add(name, worth(plain))
        except Exception:
            continue
    english = {name + "s": of for name, of in found.items() if name.isascii() and len(name) > 3}
    known = english | found
    return {
        name: of
        for name, of in known.items()
        if name not in UNLIKELY and not re.search(r"_|^/|\b(?:per|par|por|pro|al|alla|all)\b", name)
    }


def foreign() -> Iterator[tuple[str, str]]:
    """(name, pint's name) of CLDR's units in every locale."""
    apart = {"celsius": "degree_Celsius", "fahrenheit": "degree_Fahrenheit"}
    for locale in LOCALES:
        for key, forms in Locale(locale)._data["unit_patterns"].items():
            plain = key.split("-", 1)[-1].replace("-", "_")
            if "per" in key or "temperature-generic" in key or key.startswith("graphics"):
                continue
            for form in forms.get("long", {}).values():
                if isinstance(form, str) and form.startswith("{0}"):
                    name = form.removeprefix("{0}").strip().lower()
                    if len(name) > 1:
                        yield name, apart.get(plain, plain)


def money() -> dict[str, list[str]]:
    found = {name: ["1", code] for name, code in BARE.items()}
    found |= {name: ["1/100", code] for name, code in CENTS.items()}
    english = Locale("en")
    codes = "USD EUR GBP JPY CNY INR CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF TRY ZAR MXN BRL KRW "
    codes += "RUB SGD HKD THB ILS AED SAR EGP NGN KES PKR BDT LKR VND IDR PHP MYR COP CLP ARS"
    for code in codes.split():
        found[code.lower()] = ["1", code]
        symbol = get_currency_symbol(code, "en").lower()
        found.setdefault(symbol, ["1", code])
        patterns = english._data["currency_names_plural"].get(code, {})
        for name in {english.currencies[code], *patterns.values()}:
            found.setdefault(str(name).lower(), ["1", code])
    return found


def calendar() -> tuple[dict[str, int], dict[str, int]]:
    months: dict[str, int] = {"sept": 9, "sept.": 9}
    days: dict[str, int] = {}
    for name in LOCALES:
        locale = Locale(name)
        for target, source in ((months, locale.months), (days, locale.days)):
            for width in ("wide", "abbreviated"):
                for number, word in source["format"][width].items():
                    word = word.lower().rstrip(".")
                    if len(word) > 2 and word not in UNLIKELY:
                        target.setdefault(word, number)
    return months, days


def main() -> None:
    months, days = calendar()
    grouped: dict[str, list[str]] = {}
    for name, of in sorted(units().items()):
        grouped.setdefault(" ".join(of), []).append(name)
    table = {"units": grouped, "money": money(), "months": months, "weekdays": days}
    TARGET.write_text(
        json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
