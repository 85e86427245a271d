"""What a template may do, and hostile and broken ones that may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import ModelError
from ttc_cli.prompts.template import ChatTemplate

USER = Message("user", "Why?")


def render(source: str, *messages: Message) -> str:
    return ChatTemplate(source, "<s>", "</s>").render(messages or (USER,)).text


HOSTILE = {
    "dunder": "{{ messages.__class__.__mro__[1].__subclasses__() }}",
    "dunder by filter": "{{ (messages | attr('__class__')).__mro__ }}",
    "globals": "{{ raise_exception.__globals__['__builtins__'] }}",
    "format": "{{ '{0.__class__.__mro__}'.format(messages) }}",
    "import": "{% import 'os' as os %}",
    "include": "{% include '/etc/passwd' %}",
    "change": "{{ messages.append(1) }}",
    "change a message": "{{ messages[0].update({'role': 'system'}) }}",
    "range": "{% for i in range(10 ** 9) %}x{% endfor %}",
    "long range": "{% for i in range(999999999) %}x{% endfor %}",
    "output": "{% for i in range(90000) %}{{ 'x' * 1000 }}{% endfor %}",
    "product": "{{ 'x' * 999999999999 }}",
    "product the other way": "{{ 999999999999 * 'x' }}",
    "list": "{{ [0] * 999999999 }}",
    "power": "{{ 10 ** 10 ** 10 }}",
    "padding": "{{ 'x'.ljust(9999999999) }}",
    "padding by filter": "{{ 'x' | center(9999999999) }}",
    "doubling": "{% set ns = namespace(t='ab') %}{% for i in range(60) %}"
    "{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
    "doubling by plus": "{% set ns = namespace(t=[1]) %}{% for i in range(60) %}"
    "{% set ns.t = ns.t + ns.t %}{% endfor %}",
    "doubling by replace": "{% set ns = namespace(t='aa') %}{% for i in range(60) %}"
    "{% set ns.t = ns.t.replace('a', ns.t) %}{% endfor %}",
    "doubling by a filter": "{% set ns = namespace(t='aa') %}{% for i in range(60) %}"
    "{% set ns.t = ns.t | replace('a', ns.t) %}{% endfor %}",
    "doubling by join": "{% set ns = namespace(t='aa') %}{% for i in range(60) %}"
    "{% set ns.t = ns.t.join([ns.t, ns.t]) %}{% endfor %}",
    "slices": "{% set ns = namespace(l=[]) %}{% set t = 'x' * 999999 %}"
    "{% for i in range(90000) %}{% set ns.l = ns.l + [t[1:]] %}{% endfor %}",
    "empty loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "padding by format": "{{ '{:999999999}'.format(1) }}",
    "percent": "{{ '%9999999999d' % 1 }}",
    "percent by filter": "{{ '%9999999999d' | format(1) }}",
    "filler": "{{ lipsum(n=99999) }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "syntax": "{% for %}",
    "unclosed": "{{ messages",
    "unknown filter": "{{ messages | nothing }}",
    "undefined": "{{ nothing.at.all }}",
    "division": "{{ 1 // 0 }}",
    "type": "{{ 'a' + 1 }}",
    "source": "x" * 1_100_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_and_broken_templates_are_one_line(source: str) -> None:
    with pytest.raises(ModelError) as caught:
        render(source)
    assert str(caught.value).startswith("the model's chat template failed: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_a_template_refuses_with_is_short() -> None:
    with pytest.raises(ModelError) as caught:
        render("{{ raise_exception('no ' * 300000) }}")
    assert len(str(caught.value)) < 1000


def test_what_is_hidden_prints_as_nothing() -> None:
    assert render("Why?{{ messages | attr('__class__') }}{{ messages['__class__'] }}") == "Why?"
    assert len(render("Why?{{ 'x\n' | indent(9999999999, true, true) }}")) < 300


def test_the_limit_of_output_grows_with_the_contents() -> None:
    text = "long " * 400_000
    assert len(render("{{ messages[0].content }}", Message("user", text))) == len(text)


def test_what_templates_may_use() -> None:
    source = (
        "{% for m in messages %}{% if loop.index == 2 %}{% break %}{% endif %}{{ m.content }}"
        "{% endfor %}{% generation %}{{ 7 % 2 }}{{ '-' * 3 }}{% endgeneration %}"
        "{{ {'a': '<é>'} | tojson }}{{ [1] | tojson(indent=2) }}{{ bos_token }}{{ eos_token }}"
        "{% if tools is none %}.{% endif %}"
    )
    assert render(source, USER, USER) == 'Why?1---{"a": "<é>"}[\n  1\n]<s></s>.'


def test_the_clock_is_the_callers() -> None:
    def clock() -> datetime:
        return datetime(2024, 7, 26, tzinfo=UTC)

    found = ChatTemplate("Why? {{ strftime_now('%d %b %Y') }}").render((USER,), now=clock)
    assert found.text == "Why? 26 Jul 2024"


def test_blocks_are_trimmed_as_transformers_does() -> None:
    assert render("Why?\n  {% if true %}\n  b\n  {% endif %}\nc\n") == "Why?\n  b\nc"
