"""120 questions whose answers are computed: each stands beside the code that computes its answer.

Times, dates, units, percentages, counting, combinatorics, logic and letters, fifteen of each, worded
as different people would. Every other one is for development, the rest is for judging.
"""

from __future__ import annotations

import itertools
import math
from calendar import isleap
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations, permutations, product
from string import ascii_uppercase
from typing import Any

POUND, MILE, INCH, GALLON, NAUTICAL = 453.59237, 1.609344, 2.54, 3.785411784, 1.852
FOOT = 12 * INCH / 100
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def at(text: str) -> int:
    """Minutes of a clock time since midnight."""
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def clock(minutes: float) -> str:
    """A clock time from minutes since midnight."""
    return f"{int(minutes) // 60 % 24:02}:{int(minutes) % 60:02}"


def lapse(start: str, end: str) -> int:
    """Minutes from a clock time to the next time that the other one comes."""
    return (at(end) - at(start)) % 1440


def hours(minutes: int) -> str:
    """A length of time in words."""
    return f"{minutes // 60} hours {minutes % 60} minutes"


def weekday(day: date) -> str:
    return DAYS[day.weekday()]


def days(start: date, end: date) -> list[date]:
    """The days from the first one up to and without the last one."""
    return [start + timedelta(n) for n in range((end - start).days)]


def fixed(number: float | Fraction, places: int = 0) -> str:
    """A number rounded as people do."""
    scaled = math.floor(Fraction(number).limit_denominator(10**12) * 10**places + Fraction(1, 2))
    return f"{Fraction(scaled, 10**places).__float__():.{places}f}"


def only(found: Iterable[Any]) -> Any:
    """The one thing that there is; an error where there are more or none."""
    (one,) = set(found)
    return one


def count(found: Iterable[Any]) -> int:
    return sum(1 for _ in found)


def prime(n: int) -> bool:
    return n > 1 and all(n % k for k in range(2, math.isqrt(n) + 1))


def caesar(text: str, by: int) -> str:
    return "".join(ascii_uppercase[(ascii_uppercase.index(c) + by) % 26] for c in text)


def roman(n: int) -> str:
    marks = ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"]
    out = ""
    for mark, worth in zip(
        marks, (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), strict=True
    ):
        out, n = out + mark * (n // worth), n % worth
    return out


def money() -> int:
    """SEND + MORE = MONEY: M is 1, since two numbers of four digits are added, and so O is 0."""
    return only(
        10_000 + 100 * n + 10 * e + y
        for s, e, n, d, r, y in permutations(range(2, 10), 6)
        if 1000 * (s + 1) + 100 * e + 10 * (n + r) + d + e == 10_000 + 100 * n + 10 * e + y
    )


def seats() -> int:
    """Hugo's seat, of Eva, Finn, Gina, Hugo and Ida in seats 1 to 5."""
    return only(
        hugo
        for eva, finn, gina, hugo, ida in permutations(range(1, 6))
        if finn == 2 and gina == finn + 1 and abs(eva - ida) > 1 and hugo < ida
    )


def reds(colour: str) -> int:
    """How many of "it is red", "it is not red", "it is not blue" are true."""
    return (colour == "red") + (colour != "red") + (colour != "blue")


THIRTEENTHS = [date(2015, month, 13) for month in range(1, 13)]
TEXT = "The quick brown fox jumps over the lazy dog"
PANAMA = "A man, a plan, a canal: Panama"

QUESTIONS: dict[str, list[tuple[str, Any]]] = {
    "times": [
        ("How many minutes are there from 9:40 to 13:05?", lapse("9:40", "13:05")),
        ("My shift starts at 22:15 and ends at 6:45 the next morning. How long do I work?",
         hours(lapse("22:15", "6:45"))),
        ("the film starts 7:50 pm and runs 2h 35min, when is it over", clock(at("19:50") + 155)),
        ("If it's 10:25 in Berlin and Tokyo is 7 hours ahead, what time is it in Tokyo?",
         clock(at("10:25") + 7 * 60)),
        ("A bus leaves every 18 minutes starting at 6:10. When does the first one after 8:00 leave?",
         clock(next(t for t in itertools.count(at("6:10"), 18) if t > at("8:00")))),
        ("I slept from 23:20 until 7:05. How many hours and minutes is that?",
         hours(lapse("23:20", "7:05"))),
        ("A cake went into the oven at 16:48 and needs 1 hour 25 minutes. When do I take it out?",
         clock(at("16:48") + 85)),
        ("how many seconds are in 2 hours 17 minutes and 9 seconds?", 2 * 3600 + 17 * 60 + 9),
        ("What time was it 3 hours and 50 minutes before 2:15 pm?", clock(at("14:15") - 230)),
        ("A parking ticket bought at 11:37 is good for 90 minutes. Until what time may I park?",
         clock(at("11:37") + 90)),
        ("Three tasks take 45 min, 1 h 20 min and 35 min. If I start at 8:30 and take no break, "
         "at what time am I done?", clock(at("8:30") + 45 + 80 + 35)),
        ("What's the angle in degrees between the hands of a clock at 3:40?",
         abs(Fraction(at("3:40"), 2) - 6 * 40)),
        ("Wie viele Minuten sind es von 8:25 bis 11:10 Uhr?", lapse("8:25", "11:10")),
        ("The train was due at 14:52 and came 1 hour 19 minutes late. When did it arrive?",
         clock(at("14:52") + 79)),
        ("A clock loses 4 minutes every hour. It was set right at noon. What time does it show "
         "when it is really 6 pm?", clock(at("18:00") - 4 * 6)),
    ],
    "dates": [
        ("How many days are there from 3 March to 17 May?",
         (date(2023, 5, 17) - date(2023, 3, 3)).days),
        ("What day of the week was 20 July 1969?", weekday(date(1969, 7, 20))),
        ("what date is 100 days after january 15 2024", date(2024, 1, 15) + timedelta(100)),
        ("A library book borrowed on 18 February 2023 is due 21 days later. On what date is that?",
         date(2023, 2, 18) + timedelta(21)),
        ("Today is 9 October. How many days are left until Christmas, 25 December?",
         (date(2023, 12, 25) - date(2023, 10, 9)).days),
        ("How many leap years are there from 1996 to 2024, both included?",
         count(year for year in range(1996, 2025) if isleap(year))),
        ("Anna was born on 29 August 1990. How old is she on 1 June 2024?",
         2024 - 1990 - ((6, 1) < (8, 29))),
        ("Which weekday does 1 January 2030 fall on?", weekday(date(2030, 1, 1))),
        ("If today is Wednesday, what day will it be in 100 days?", DAYS[(2 + 100) % 7]),
        ("How often was there a Friday the 13th in 2015?",
         count(day for day in THIRTEENTHS if weekday(day) == "Friday")),
        ("A warranty began on 31 May 2022 and ended on 31 May 2024. How many days are between "
         "these two dates?", (date(2024, 5, 31) - date(2022, 5, 31)).days),
        ("How many weekdays (Monday to Friday) does March 2024 have?",
         count(d for d in range(1, 32) if date(2024, 3, d).weekday() < 5)),
        ("Combien de jours y a-t-il entre le 14 juillet 2023 et le 1er septembre 2023 ?",
         (date(2023, 9, 1) - date(2023, 7, 14)).days),
        ("I was born on 10 May 2001. How many days old was I on 10 May 2021?",
         (date(2021, 5, 10) - date(2001, 5, 10)).days),
        ("On what date does the 200th day of 2023 fall?", date(2023, 1, 1) + timedelta(199)),
    ],
    "units": [
        ("Convert 5 miles to kilometres, rounded to two decimal places.", fixed(5 * MILE, 2)),
        ("What is 98.6 °F in Celsius?", fixed((98.6 - 32) / 1.8)),
        ("how many grams are in 3.5 pounds? round to the nearest gram", fixed(3.5 * POUND)),
        ("A room is 4.2 m by 3.5 m. What is its area in square feet, to one decimal place?",
         fixed(4.2 * 3.5 / FOOT**2, 1)),
        ("How many litres are 12 US gallons? Give two decimals.", fixed(12 * GALLON, 2)),
        ("Convert 72 km/h to metres per second.", fixed(72 / 3.6)),
        ("How many hours are 4,500 minutes?", 4500 // 60),
        ("I'm 5 feet 11 inches tall. What is that in cm, to the nearest whole number?",
         fixed(71 * INCH)),
        ("A file has 3.2 GB (1 GB = 1000 MB). How many seconds does it take to download at 25 "
         "megabits per second?", fixed(3.2 * 8000 / 25)),
        ("How many square metres are 2.5 hectares?", fixed(2.5 * 10_000)),
        ("What is 350 Kelvin in Fahrenheit, rounded to one decimal place?",
         fixed((350 - 273.15) * 1.8 + 32, 1)),
        ("Wie viele Zentimeter sind 6,5 Zoll? Bitte auf eine Nachkommastelle runden.",
         fixed(6.5 * INCH, 1)),
        ("Express 15 knots in km/h, rounded to one decimal place.", fixed(15 * NAUTICAL, 1)),
        ("How many milliseconds are there in 1.75 minutes?", fixed(1.75 * 60_000)),
        ("my car uses 6.4 litres per 100 km. how many litres for 275 km?",
         fixed(6.4 * 275 / 100, 1)),
    ],
    "percentages": [
        ("What is 15% of 240?", Fraction(15 * 240, 100)),
        ("A jacket costs 80 euros and is reduced by 35%. What does it cost now?",
         Fraction(80 * 65, 100)),
        ("The price rose from 48 to 54 dollars. By how many percent did it rise?", 100 * 6 / 48),
        ("A shirt costs $34 after a 15% discount. What was the price before?",
         Fraction(34 * 100, 85)),
        ("I put 1,200 in a savings account at 4% compound interest a year. How much is in it after "
         "5 years? two decimals please", fixed(1200 * 1.04**5, 2)),
        ("A bill of $64.50 plus 18% tip: how much is that in total, to the cent?",
         fixed(64.5 * 1.18, 2)),
        ("A price of $50 goes up by 20% and then down by 20%. What is it now?",
         Fraction(50 * 120 * 80, 10_000)),
        ("In a class of 28, 21 passed the exam. What percentage failed?", Fraction(100 * 7, 28)),
        ("If 30% of a number is 75, what's the number?", Fraction(75 * 100, 30)),
        ("The net price is 149.90 and VAT is 19%. What is the gross price, to two decimals?",
         fixed(149.90 * 1.19, 2)),
        ("A town of 52,000 people shrinks by 3% each year. How many people are left after 4 years, "
         "rounded to the nearest whole number?", fixed(52_000 * 0.97**4)),
        ("Of 800 people, 65% voted, and 55% of those voted yes. How many voted yes?",
         Fraction(800 * 65 * 55, 10_000)),
        ("500 ml of a drink with 40% alcohol are mixed with 300 ml of water. What is the alcohol "
         "content in percent now?", Fraction(500 * 40, 800)),
        ("¿Cuánto es el 12,5% de 640?", fixed(0.125 * 640)),
        ("I scored 43 out of 56. What percentage is that, to one decimal?", fixed(4300 / 56, 1)),
    ],
    "counting": [
        ("How many whole numbers from 1 to 500 are divisible by 3 or 7?",
         count(n for n in range(1, 501) if n % 3 == 0 or n % 7 == 0)),
        ("How many primes are there below 200?", count(n for n in range(200) if prime(n))),
        ("If I write down all the numbers from 1 to 300, how many times do I write the digit 7?",
         sum(str(n).count("7") for n in range(1, 301))),
        ("How many positive divisors does 720 have?",
         count(n for n in range(1, 721) if 720 % n == 0)),
        ("How many three-digit numbers have digits that add up to 10?",
         count(n for n in range(100, 1000) if sum(map(int, str(n))) == 10)),
        ("how many perfect squares are there between 50 and 1000",
         count(n for n in range(51, 1000) if math.isqrt(n) ** 2 == n)),
        ("A farmer has 17 sheep. All but 9 run away. How many are left?", 17 - (17 - 9)),
        ("How many whole numbers from 100 to 999 read the same backwards?",
         count(n for n in range(100, 1000) if str(n) == str(n)[::-1])),
        ("A straight fence is 60 m long and has a post every 4 m, and one at both ends. How many "
         "posts are there?", count(range(0, 61, 4))),
        ("How many of the numbers from 1 to 1000 contain no digit 5?",
         count(n for n in range(1, 1001) if "5" not in str(n))),
        ("What is the sum of all positive multiples of 6 that are smaller than 250?",
         sum(range(6, 250, 6))),
        ("How many squares of any size are there on an 8 by 8 chessboard?",
         sum(n * n for n in range(1, 9))),
        ("The pages of a book are numbered from 1 to 150. How many digits are printed in all?",
         sum(len(str(n)) for n in range(1, 151))),
        ("How many zeros are at the end of 60 factorial?",
         len(s := str(math.factorial(60))) - len(s.rstrip("0"))),
        ("Wie viele Zahlen von 1 bis 100 sind weder durch 2 noch durch 5 teilbar?",
         count(n for n in range(1, 101) if n % 2 and n % 5)),
    ],
    "combinatorics": [
        ("In how many ways can 6 people sit in a row?", math.factorial(6)),
        ("How many different committees of 4 can be chosen from 11 people?", math.comb(11, 4)),
        ("How many distinct arrangements of the letters in MISSISSIPPI are there?",
         math.factorial(11) // math.prod(map(math.factorial, Counter("MISSISSIPPI").values()))),
        ("8 people all shake hands with each other once. How many handshakes is that?",
         math.comb(8, 2)),
        ("What's the probability of getting exactly 3 heads in 5 tosses of a coin?",
         Fraction(math.comb(5, 3), 2**5)),
        ("Two dice are rolled. What is the probability that the sum is 9? Give a fraction.",
         Fraction(count(r for r in product(range(1, 7), repeat=2) if sum(r) == 9), 36)),
        ("How many 4-digit PINs have no repeated digit?", math.perm(10, 4)),
        ("How many ways are there to pay exactly 50 cents with coins of 5, 10 and 25 cents?",
         count(c for c in product(range(11), repeat=3) if 5 * c[0] + 10 * c[1] + 25 * c[2] == 50)),
        ("In how many ways can 5 people sit around a round table if rotations count as the same?",
         math.factorial(4)),
        ("A team of 3 women and 2 men is picked from 6 women and 5 men. How many teams are "
         "possible?", math.comb(6, 3) * math.comb(5, 2)),
        ("From a bag with 4 red and 6 blue balls two are drawn without putting the first one back. "
         "What is the probability that both are red?", Fraction(4 * 3, 10 * 9)),
        ("A grid is 5 blocks wide and 4 blocks high. How many shortest ways lead along the lines "
         "from one corner to the opposite one?", math.comb(9, 4)),
        ("How many strings of 5 letters over A, B and C have no two equal letters side by side?",
         count(s for s in product("ABC", repeat=5) if all(a != b for a, b in itertools.pairwise(s)))),
        ("There are 23 people in a room. What is the probability that at least two share a "
         "birthday? Give three decimals and take 365 days a year.",
         fixed(1 - math.prod(Fraction(365 - n, 365) for n in range(23)), 3)),
        ("How many subsets of {1, 2, 3, 4, 5, 6, 7, 8, 9} have a sum of exactly 15?",
         count(s for k in range(10) for s in combinations(range(1, 10), k) if sum(s) == 15)),
    ],
    "logic": [
        ("Anna, Ben and Carl own a cat, a dog and a fish, one each. Anna is allergic to fur. Ben "
         "does not own the dog. Who owns the dog?",
         only(("Anna", "Ben", "Carl")[o.index("dog")] for o in permutations(("cat", "dog", "fish"))
              if o[0] == "fish" and o[1] != "dog")),
        ("Amy, Bob, Cid and Dan ran a race. Amy finished before Bob. Cid finished after Dan. Bob "
         "finished before Dan. Who came last?",
         only(o[3] for o in permutations(("Amy", "Bob", "Cid", "Dan"))
              if o.index("Amy") < o.index("Bob") < o.index("Dan") < o.index("Cid"))),
        ("A two-digit number is 4 times the sum of its digits, and its digits differ by 2. Which "
         "number is it?",
         only(n for n in range(10, 100)
              if n == 4 * (n // 10 + n % 10) and abs(n // 10 - n % 10) == 2)),
        ("The sum of three consecutive odd numbers is 177. What is the largest of them?",
         only(n + 4 for n in range(1, 177, 2) if 3 * n + 6 == 177)),
        ("A number leaves remainder 2 when divided by 3, remainder 3 when divided by 5 and "
         "remainder 2 when divided by 7. What's the smallest such positive number?",
         next(n for n in itertools.count(1) if (n % 3, n % 5, n % 7) == (2, 3, 2))),
        ("there are chickens and rabbits in a yard, 35 heads and 94 legs. how many rabbits?",
         only(r for r in range(36) if 4 * r + 2 * (35 - r) == 94)),
        ("SEND + MORE = MONEY, where each letter stands for a different digit and no number starts "
         "with zero. What number is MONEY?", money()),
        ("Eva, Finn, Gina, Hugo and Ida sit in a row, in seats 1 to 5 from left to right. Finn sits "
         "in seat 2, and Gina directly to the right of him. Eva and Ida don't sit next to each "
         "other. Hugo sits somewhere to the left of Ida. In which seat does Hugo sit?", seats()),
        ("I'm thinking of a three-digit number. Its digits add up to 12, its hundreds digit is three "
         "times its units digit, and its tens digit is twice its units digit. What's my number?",
         only(100 * a + 10 * b + c for a, b, c in product(range(1, 10), range(10), range(10))
              if a + b + c == 12 and a == 3 * c and b == 2 * c)),
        ("A father is 38 and his son is 11. In how many years will the father be twice as old as "
         "his son?", only(n for n in range(100) if 38 + n == 2 * (11 + n))),
        ("Tickets cost 12 euros for adults and 7 euros for children. 20 people paid 190 euros. How "
         "many adults were there?", only(a for a in range(21) if 12 * a + 7 * (20 - a) == 190)),
        ("Three different digits have the sum 20 and the product 252. What is the largest of them?",
         only(max(d) for d in combinations(range(10), 3) if sum(d) == 20 and math.prod(d) == 252)),
        ("Which whole number greater than 1 and below 100 is both a perfect square and a perfect "
         "cube?", only(n for n in range(2, 100) if round(n**0.5) ** 2 == n == round(n ** (1 / 3)) ** 3)),
        ("A box is red, green or blue. Exactly one of these three sentences is true: \"It is red.\" "
         "\"It is not red.\" \"It is not blue.\" What colour is the box?",
         only(c for c in ("red", "green", "blue") if reds(c) == 1)),
        ("¿Cuál es el menor número de dos cifras que es igual a 7 veces la suma de sus cifras?",
         min(n for n in range(10, 100) if n == 7 * (n // 10 + n % 10))),
    ],
    "letters": [
        ("How many r's are in strawberry?", "strawberry".count("r")),
        ("Spell 'algorithm' backwards.", "algorithm"[::-1]),
        ("How many vowels are in \"onomatopoeia\"?", sum(c in "aeiou" for c in "onomatopoeia")),
        ("What is the 7th letter of the word 'extraordinary'?", "extraordinary"[6]),
        ("Sort the letters of 'python' alphabetically.", "".join(sorted("python"))),
        (f"Is '{PANAMA}' a palindrome if we ignore spaces, punctuation and case?",
         "yes" if (s := [c for c in PANAMA.lower() if c.isalpha()]) == s[::-1] else "no"),
        (f"How many words are in the sentence '{TEXT}'?", len(TEXT.split())),
        ("Encode HELLO with a Caesar cipher that shifts each letter forward by 3.",
         caesar("HELLO", 3)),
        ("which letter occurs most often in bookkeeper?", Counter("bookkeeper").most_common(1)[0][0]),
        ("Are 'listen' and 'silent' anagrams of each other?",
         "yes" if sorted("listen") == sorted("silent") else "no"),
        ("What is the number 156 in binary?", f"{156:b}"),
        ("Write 2024 as a Roman numeral.", roman(2024)),
        ("how many different letters does mississippi have", len(set("mississippi"))),
        ("Which word do the first letters of these words make: North Atlantic Treaty Organization?",
         "".join(word[0] for word in ["North", "Atlantic", "Treaty", "Organization"])),
        ("What is the hexadecimal number FF3 in decimal?", int("FF3", 16)),
    ],
}  # fmt: skip
"""By kind: (question, its answer)."""


def records() -> list[dict[str, str]]:
    """The questions as a data set of the bench, each with its kind and its half."""
    found = []
    for kind, rows in QUESTIONS.items():
        for question, answer in rows:
            half = ("dev", "judged")[len(found) % 2]
            name = f"{kind}-{len(found) % 15 + 1}"
            found.append(
                {
                    "id": name,
                    "question": question,
                    "answer": str(answer),
                    "kind": kind,
                    "half": half,
                }
            )
    return found
