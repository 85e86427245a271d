"""An amount of things is not negative."""

from __future__ import annotations

import pytest

from ttc_cli.answers.plausible import implausible


@pytest.mark.parametrize(
    ("answer", "question", "wrong"),
    [
        ("-4", "How many more storks than birds are on the fence?", True),
        ("−1.50", "How much money is left?", True),
        ("$-9", "How much money does he have now?", True),
        ("-$9", "How much money does he have now?", True),
        ("-3 Äpfel", "Wie viele Äpfel bleiben?", True),
        ("-3", "Combien de pommes reste-t-il ?", True),
        ("4", "How many are left?", False),
        ("-4", "What is 3 - 7?", False),
        ("-4", "How many degrees is it now?", False),
        ("-4", "How much is 3 - 7?", False),
        ("-20", "How much profit did he make?", False),
        ("-2", "How much is x in the equation x + 5 = 3?", False),
        ("2-3 days", "How many days does it take?", False),
        ("2024-05-01", "How many days until then?", False),
        ("x = -4", "How many are left?", True),
        ("-1/2", "How much is left?", True),
        ("US$-9", "How much money is left?", True),
        ("(n-1)!", "How many orders are there?", False),
        ("n-1", "How many edges does a tree have?", False),
        ("n - 1", "How many edges does a tree have?", False),
        ("x - 3", "How many are left?", False),
        ("mid-1990s", "How long ago was it?", False),
        ("B-52", "How many engines has it?", False),
        ("5 fewer apples", "How many fewer apples has he?", False),
        ("3-4", "How many are left?", False),
        ("-3", "How much is 8 subtracted from 5?", False),
        ("-3", "How much is it if you subtract 8 from 5?", False),
        ("-3", "How much is 5 take away 8?", False),
        ("-3", "Combien font 5 moins 8 ?", False),
        ("-3", "¿Cuánto es 5 menos 8?", False),
        ("-3", "How much did the stock fall?", False),
        ("-3", "How much did the price of the stock change?", False),
        ("-3", "How much did she get back in change?", True),
        ("-3", "If you take away 8 apples from 5, how many are left?", True),
        ("-3", "Il a 3 pommes de moins que 5. Combien en a-t-il ?", True),
    ],
)
def test_a_negative_amount_is_no_answer(answer: str, question: str, wrong: bool) -> None:
    assert implausible(answer, question) is wrong
