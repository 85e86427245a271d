"""Settings: who wins, what is refused and where, what a write keeps."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.settings import RULES, Settings, load
from ttc_cli.settings.options import SETTINGS


class Places:
    """A home and a project, with a way to load from them."""

    def __init__(self, root: Path) -> None:
        self.user = root / "home" / "config.toml"
        self.project = root / "project" / ".ttc.toml"
        self.cwd = root / "project" / "deep" / "er"
        self.user.parent.mkdir()
        self.cwd.mkdir(parents=True)

    def load(self, *, env: dict[str, str] | None = None, **flags: object) -> Settings:
        environ = {"TTC_HOME": str(self.user.parent), **(env or {})}
        return load(flags, cwd=self.cwd, environ=environ)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_defaults_when_nothing_is_said(places: Places) -> None:
    found = places.load()
    assert found == Settings()
    assert {found.origin(name) for name in RULES} == {"default"}
    assert found.warnings == ()


def test_every_layer_beats_the_next(places: Places) -> None:
    places.user.write_text('model = "user"\neffort = "low"\nsamples = 1\ntop_k = 1\n')
    places.project.write_text('model = "project"\neffort = "medium"\nsamples = 2\n')
    found = places.load(env={"TTC_MODEL": "env", "TTC_EFFORT": "high"}, model="flag")
    assert (found.model, found.effort, found.samples, found.top_k) == ("flag", "high", 2, 1)
    origins = [found.origin(name) for name in ("model", "effort", "samples", "top_k", "seed")]
    assert origins == [
        "--model",
        "TTC_EFFORT",
        str(places.project),
        str(places.user),
        "default",
    ]


def test_a_flag_of_none_was_not_given(places: Places) -> None:
    assert places.load(env={"TTC_MODEL": "env"}, model=None).model == "env"


def test_an_empty_variable_was_not_given(places: Places) -> None:
    assert places.load(env={"TTC_MODEL": ""}).model is None


def test_a_false_flag_was_given(places: Places) -> None:
    assert places.load(env={"TTC_CACHE": "yes"}, cache=False).cache is False


def test_nearest_project_file_wins_and_others_are_not_read(places: Places) -> None:
    places.project.write_text('model = "far"\neffort = "low"\n')
    (places.cwd.parent / ".ttc.toml").write_text('model = "near"\n')
    found = places.load()
    assert (found.model, found.effort) == ("near", "auto")


def test_a_profile_lies_on_top_of_its_file_only(places: Places) -> None:
    places.user.write_text('effort = "low"\n[profile.fast]\neffort = "medium"\nsamples = 3\n')
    places.project.write_text("samples = 9\n")
    plain, fast = places.load(), places.load(profile="fast")
    assert (plain.effort, plain.samples) == ("low", 9)
    assert (fast.effort, fast.samples, fast.profile) == ("medium", 9, "fast")
    assert fast.origin("effort") == f"{places.user} [profile.fast]"


def test_a_project_may_choose_a_profile_of_the_user(places: Places) -> None:
    places.user.write_text("[profile.fast]\nsamples = 3\n")
    places.project.write_text('profile = "fast"\n')
    assert places.load().samples == 3


def test_unknown_profile_names_the_nearest(places: Places) -> None:
    places.user.write_text("[profile.fast]\nsamples = 3\n")
    with pytest.raises(UsageError, match=r"no profile is called 'fats'; did you mean 'fast'"):
        places.load(profile="fats")
    places.user.write_text("")
    with pytest.raises(UsageError, match=r"add a table \[profile\.fats\]"):
        places.load(profile="fats")


def test_a_profile_that_is_no_table(places: Places) -> None:
    places.user.write_text("seed = 1\n\nprofile.fast = 3\n")
    with pytest.raises(UsageError, match=r"config\.toml:3: a profile is a table"):
        places.load()


WRONG = [
    ("temperature", '"hot"'),
    ("temperature", "5.1"),
    ("temperature", "-0.1"),
    ("temperature", "nan"),
    ("temperature", "true"),
    ("max_seconds", "inf"),
    ("max_seconds", "0"),
    ("top_p", "1.5"),
    ("min_p", "-1"),
    ("samples", "0"),
    ("samples", "2.5"),
    ("samples", '"8"'),
    ("seed", '"rand"'),
    ("seed", "-1"),
    ("thinking_budget", "-2"),
    ("effort", '"hihg"'),
    ("effort", "1"),
    ("stream", '"no"'),
    ("stream", "1"),
    ("model", "[]"),
    ("color", "{}"),
    ("profile", "3"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_values_are_errors_with_file_and_line(places: Places, name: str, value: str) -> None:
    places.user.write_text(f"# comment\n\nwatts = 3\n{name} = {value}\n")
    with pytest.raises(UsageError) as caught:
        places.load()
    assert str(caught.value).startswith(f"{places.user}:4: {name} must be ")
    assert "\n" not in str(caught.value)


def test_a_wrong_word_names_the_nearest(places: Places) -> None:
    with pytest.raises(UsageError, match=r"--effort must be .*'hihg'; .*'high'"):
        places.load(effort="hihg")


def test_lines_are_not_misled_by_strings(places: Places) -> None:
    text = 'system = """\ntemperature = 9\n[profile.fast]\n"""\n[profile.fast]\ntop_p = 0.5\n'
    places.user.write_text(text + "# note\n  temperature = [\n  1,\n]\n")
    with pytest.raises(UsageError, match=r"config\.toml:8: temperature must be a number from 0"):
        places.load(profile="fast")


def test_broken_toml_has_its_line(places: Places) -> None:
    places.user.write_text("seed = 1\nmodel = \n")
    with pytest.raises(UsageError, match=r"config\.toml:2: not valid TOML"):
        places.load()
    places.user.write_text('seed = 1\n\nmodel = "')
    with pytest.raises(UsageError, match=r"config\.toml:3: not valid TOML"):
        places.load()


def test_unknown_keys_are_warnings_with_the_nearest_name(places: Places) -> None:
    places.user.write_text("seed = 4\ntemprature = 1\n\n[future]\nzzzz = 1\n")
    found = places.load()
    assert found.seed == 4
    assert found.warnings == (
        f"{places.user}:2: unknown setting 'temprature' is ignored; did you mean 'temperature'?",
        f"{places.user}:4: unknown setting 'future' is ignored",
    )


def test_unknown_flags_are_errors(places: Places) -> None:
    with pytest.raises(UsageError, match=r"no setting is called 'max-token'.*'max_tokens'"):
        load({"max-token": 3}, cwd=places.cwd, environ={})


def test_misspelt_variables_are_warnings(places: Places) -> None:
    found = places.load(env={"TTC_TEMPRATURE": "1", "TTC_DEBUG": "1", "TTC_ZZZZ": "1"})
    assert found.warnings == ("TTC_TEMPRATURE is ignored; did you mean TTC_TEMPERATURE?",)


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("TTC_TEMPERATURE", "0.5", 0.5),
        ("TTC_TEMPERATURE", "1", 1.0),
        ("TTC_SAMPLES", " 8 ", 8),
        ("TTC_SEED", "random", "random"),
        ("TTC_SEED", "7", 7),
        ("TTC_CACHE", "0", False),
        ("TTC_AUTO_PULL", "1", True),
        ("TTC_OFFLINE", "Yes", True),
        ("TTC_COLOR", "0", "no"),
        ("TTC_SHOW_REASONING", "auto", "auto"),
        ("TTC_SYSTEM", " as it is ", " as it is "),
    ],
)
def test_texts_become_typed(places: Places, variable: str, text: str, value: object) -> None:
    name = variable.removeprefix("TTC_").lower()
    for found in (places.load(env={variable: text}), places.load(**{name: text})):
        assert getattr(found, name) == value
        assert type(getattr(found, name)) is type(value)


@pytest.mark.parametrize("text", ["x", "1e400", "9" * 5000, "maybe"])
@pytest.mark.parametrize("name", ["temperature", "samples", "cache", "color"])
def test_texts_that_stand_for_nothing(places: Places, name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"TTC_{name.upper()}: {name} must be"):
        places.load(env={f"TTC_{name.upper()}": text})


def test_effort_names_of_other_programs(places: Places) -> None:
    found = places.load(effort="xhigh", env={"TTC_EFFORT": "minimal"})
    assert found.effort == "max"
    assert found.warnings == ("--effort: effort 'xhigh' is read as 'max'",)


@pytest.mark.parametrize(
    ("env", "color"),
    [
        ({"NO_COLOR": "1"}, "no"),
        ({"NO_COLOR": ""}, "auto"),
        ({"FORCE_COLOR": "1"}, "yes"),
        ({"FORCE_COLOR": "0"}, "auto"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "no"),
        ({"TERM": "dumb"}, "no"),
        ({"NO_COLOR": "1", "TTC_COLOR": "yes"}, "yes"),
    ],
)
def test_colour_conventions(places: Places, env: dict[str, str], color: str) -> None:
    assert places.load(env=env).color == color


def test_a_project_cannot_act_for_the_user(places: Places) -> None:
    places.project.write_text('yes = true\nauto_pull = true\nmodel = "http://example.com/v1#m"\n')
    found = places.load()
    assert (found.yes, found.auto_pull) == (False, False)
    assert [text.split(": ", 1)[1] for text in found.warnings] == [
        "yes is ignored in a project's file",
        "auto_pull is ignored in a project's file",
        "prompts go to 'http://example.com/v1#m'",
    ]
    places.project.write_text('model = "http://localhost:8080/v1"\n')
    assert places.load().warnings == ()
    assert places.load().from_project == {"model"}
    assert places.load(model="http://localhost:8080/v1").from_project == set()
    places.user.write_text("yes = true\n")
    assert places.load().yes is True


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a file away")
def test_somebody_else_s_file_above_is_passed_over(places: Places) -> None:
    places.project.write_text("samples = 9\n")
    os.chown(places.project, 12345, -1)
    assert places.load().samples is None
    os.chown(places.cwd, 12345, -1)  # root in a folder of theirs
    assert places.load().samples == 9


def test_files_that_cannot_be_read(places: Places) -> None:
    places.user.write_bytes(b"model = '\xff'")
    with pytest.raises(UnreadableFile, match="it is not UTF-8"):
        places.load()
    places.user.unlink()
    places.user.mkdir()
    with pytest.raises(UnreadableFile, match="is a directory"):
        places.load()


def test_a_huge_file_is_refused(places: Places) -> None:
    places.user.write_text("#" * 200_000)
    with pytest.raises(UsageError, match="too large"):
        places.load()


def test_a_byte_order_mark_and_windows_lines_are_read(places: Places) -> None:
    places.user.write_bytes(b"\xef\xbb\xbfseed = 1\r\n\r\nnope_nope = 2\r\n")
    assert places.load().seed == 1
    assert f"{places.user}:3:" in places.load().warnings[0]


def test_settings_are_frozen(places: Places) -> None:
    found = places.load(seed=1)
    with pytest.raises(FrozenInstanceError):
        found.seed = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.origins["seed"] = "x"  # type: ignore[index]
    with pytest.raises(UsageError):
        found.origin("nope")


def test_every_setting_has_a_default_that_it_accepts() -> None:
    for name, row in SETTINGS.items():
        value = getattr(Settings(), name)
        assert value is None or row.rule.read(value) == value, name
        assert row.help
        assert row.rule.expected
