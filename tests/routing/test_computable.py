"""Whether a program can be evidence for a question."""

from __future__ import annotations

import pytest

from ttc_cli.prompts.message import Document
from ttc_cli.routing.policy import Facts, classify, route
from ttc_cli.routing.surface import computable, text_wanted

YES = """How many minutes are there from 9:40 to 13:05?
My train leaves at 7:15 pm and the trip takes 95 minutes. When do I arrive?
How many days from 3 March to 17 May?
What day of the week was 4 July 1976?
A farmer has 17 sheep. All but 9 run away. How many are left?
What is 17 + 25?
What is 15% of 240?
Convert 5 miles to kilometers
How many seconds in 3 hours?
How many r's are in strawberry?
How many letters are in the word 'banana'?
Reverse the string 'hello'
In how many ways can 5 people sit in a row?
What is the probability of two heads in three tosses?
Is 91 prime?
Write 2024 as a Roman numeral.
What is the 7th letter of the word 'extraordinary'?
Encode HELLO with a Caesar cipher that shifts each letter forward by 3.
SEND + MORE = MONEY, where each letter stands for a different digit. What is MONEY?
Welche Zahl unter 100 hat die Quersumme 18?
What is the 10th Fibonacci number?
Tom is twice as old as Ann, who is 7. How old is Tom?
Wie viele Minuten sind es von 9:40 bis 13:05 Uhr?
What is 100 F in Celsius?
72°F in °C?
30 C in F?
What's 6 ft in cm?
3 tbsp in ml?
10 mph in m/s
How many cm are in 6 ft?
A circle has radius 5. What is its area?
Un cercle a un rayon de 5. Quelle est son aire ?
Un círculo tiene radio 5. ¿Cuál es su área?
A square has side 7. What is its diagonal?
sqrt(1764)
10!
What is 10!?
What is 0.625 as a fraction?
Rent is 950 a month; what is that a year?
My salary is 60k. What is that per month?
How many s in Mississippi?
How many times does "an" occur in "banana ananas"?
Wie viele r sind in Erdbeere?
Combien y a-t-il de r dans framboise ?
¿Cuántas r hay en ferrocarril?
Drei Freunde teilen 45 Euro. Wie viel bekommt jeder?
Rechne 5 Meilen in Kilometer um.
Convertis 5 miles en kilomètres.
Convierte 5 millas a kilómetros.
Ein Kreis hat den Radius 5. Wie groß ist seine Fläche?
What is the difference between 45 and 17?
What is the difference between 9:40 and 13:05?
What is 9/3?
What is 7-4?
What is 24/7 as a decimal?
What is the product of 12 and 7?
How many 3-euro tickets can I buy with 20 euros?
How many minutes are in 3 hours?
How many minutes from 10 am to 4 pm?
Which is the better deal: 3 for $5 or 5 for $8?
Plan A costs $30 a month plus 10 cents a minute, plan B $45. From how many minutes is B cheaper?
What is the mean of 3, 5 and 10?
Give me the sum of 12 and 35.
How old was someone in 2020 who was born in 1990?
How many years passed between 1914 and 1918?
Is 1987 prime?
How many days did February 2024 have?
How many days can I stay with 100 dollars if a night costs 20 dollars?
My train leaves at 7:15 pm and the trip takes 95 minutes. When should I arrive?
What does a shirt of $40 cost at 50% off?
What is a 15% tip on $62?
What is 3x if x is 7?
What is the difference between 1/2 and 1/3?
What is the difference between 5km and 3km?
How many seconds are in 2 days?
What is the square root of 144?
I have 5 apples and buy 7. How many can I give to each of 3 friends?
Can I buy 3 shirts of 15 dollars with 40 dollars?
Is it cheaper to buy 12 eggs at $3 or 6 eggs at $1.80?
Should I take the 7:15 train if the trip takes 95 minutes and I must be there at 9:00?
What is the area of a circle with radius 5?
What is the total of 12, 15 and 20?
What time can I leave if I start at 8:30 and work 8 hours?
How long does a train take for 300 km at 120 km/h?
Combien de minutes y a-t-il entre 9h40 et 13h05 ?
If a recipe for 4 people takes 300 g of flour, how much should I use for 10 people?
How much should each of 4 friends pay for a bill of 87.45 dollars with a 15% tip?
What is 5 factorial?
What is half of 36?
How long must I save $50 a week to buy a bike of $600?
How many cups can I fill with 2 liters if a cup holds 250 ml?
What is the difference between March 3 and May 17 in days?
What is the 7th letter of 'palindrome'?
What is the longest palindrome in 'abacdfgdcaba'?
Is 'racecar' a palindrome?
What is the gcd of 12 and 18?
What is 12:30 plus 45 minutes?
What is 0xFF in decimal?
What is 1011 in base 10?"""
NO = """Who wrote Hamlet?
What is the capital of France?
When did World War II end?
What happened on 4 July 1776?
Translate 'good morning' into German
Explain why the sky is blue
Write a haiku about 3 cats
Write a story about a Caesar cipher with 3 keys
Explain what binary 101 means
Which letters did Rilke write to a young poet?
Write a Python function that adds two numbers
I have a meeting at 3pm, suggest a polite reason to decline
How tall is Mount Everest?
Name three novels by Dickens
Pick one: A) 3 B) 4 C) 5. What is 1 + 2?
A says that B is lying, B says that C is lying. Who tells the truth?
If all bloops are razzies and all razzies are lazzies, are all bloops lazzies?
What is the difference between 4G and 5G?
What is the difference between 4G and 5G? One sentence.
What is the difference between Windows 10 and Windows 11?
What is the difference between type 1 and type 2 diabetes?
Is an iPhone 14 better than an iPhone 13?
Which GPU is better, RTX 3060 or RTX 4060?
What is 9/11?
What is 24/7?
What is the 80/20 rule?
What is 7-Eleven?
What is a Boeing 737-800?
What does 20/20 vision mean?
How many goals did Messi score in 2012?
How many people died in the 1918 flu?
How many people live in New York in 2023?
Was passierte zwischen 1914 und 1918?
How much ibuprofen can I take in 24 hours?
How long should I roast a 2 kg chicken at 180 degrees?
How much protein is in 3 eggs?
Is a 15% tip polite in the US?
What does 50% off mean?
My dog is 12 years old and weighs 30 kg. What food is good for him?
Plan a trip from Monday to Friday.
Give me a workout plan from Monday to Sunday.
What can I do in London between 10 am and 4 pm?
What is an anagram?
What is a palindrome?
What does 'backwards compatible' mean?
How many letters are in the Greek alphabet?
What's the difference between iPhone 13 and 14?
What is the difference between USB 2.0 and USB 3.0?
What is Formula 1?
What is a B-52?
What is Area 51?
Was bedeutet 24/7?
Que veut dire 50/50 ?
Recommend a laptop under 800 dollars with 16 GB of RAM.
How many calories should I eat per day to lose 5 kg?
Wie viel Ibuprofen darf ich in 24 Stunden nehmen?
Wie viele Einwohner hatte Berlin 1990?
How long should I boil an egg of 60 grams?
What happened between 1914 and 1918?
Is 120/80 blood pressure normal?
What is 5G?
What is the Fibonacci sequence?
How much did a car cost in 1950?
What is the best way to learn 1000 words in 3 months?
Is it safe to eat 10 eggs a day?
Can you suggest 5 names for a cat?
What does a 30-year mortgage mean?
What is a 2x4?
Who won the 2018 world cup?
How many moons does Jupiter have as of 2023?
How often should I water 3 cactuses?
What is the 5 second rule?
What is 3D printing?
What is a 401k?
What is COVID-19?
Which is better, PS5 or Xbox?
What is the best iPhone in 2023?
What is H2O?
What does the 5 in 5G mean?
What is the meaning of 42?
What is the 2nd amendment?
What is the 25th amendment?
What is the G20?
Give me 5 ideas for dinner with 3 ingredients.
How do I convert a 2 car garage to a gym?"""


@pytest.mark.parametrize("question", YES.splitlines())
def test_computed(question: str) -> None:
    found = computable(question, classify(question).task)
    assert found.yes, found.reason


@pytest.mark.parametrize("question", NO.splitlines())
def test_not_computed(question: str) -> None:
    found = computable(question, classify(question).task)
    assert not found.yes, found.reason


def test_what_is_told_is_no_mathematics_whatever_numbers_are_in_it() -> None:
    for question in (
        "How many people died in the 1918 flu?",
        "How many goals did Messi score in 2012?",
    ):
        way = route(question, Facts(programs=True))
        assert (way.task, way.path, way.form, way.effort) == ("factual", "simple", "fact", "low")
    for question in (
        "What is 24/7?",
        "What does 50% off mean?",
        "Plan a trip from Monday to Friday.",
        "What can I do in London between 10 am and 4 pm?",
    ):
        assert route(question, Facts(programs=True)).form == "plain"
    bill = route("Here is my bill:\nsoup 4.50\nfish 12.00\n\nwhat's the total?")
    assert bill.program.yes, bill.program.reason


def test_an_attached_text_is_read_and_not_computed() -> None:
    assert not computable("What is 3 + 4?", "math", attached=[Document("a.txt", "text")]).yes


def test_a_computed_question_starts_with_a_program_where_they_can_be_had() -> None:
    way = route("How many seconds in 3 hours?", Facts(programs=True))
    assert (way.effort, way.program.yes) == ("auto", True)
    assert way.form in ("math", "short")


def test_a_table_or_prose_in_another_language_is_no_value() -> None:
    for prompt in (
        "Fais un tableau des saisons avec exactement 4 rangées.",
        "Erkläre, warum 3 mal 4 dasselbe ist wie 4 mal 3.",
        "Décris 2 villes de 3 pays.",
    ):
        assert not computable(prompt, "math").yes
    assert computable("How many minutes from 9:40 to 13:05? Answer in one sentence.", "math").yes
    assert not text_wanted("Make a table of the revenue of each month.")  # of a file: computed
