from ttc_cli.core.text import did_you_mean, nearest


def test_the_nearest_name() -> None:
    known = ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    assert nearest("qwen2.5-coder-1.5B", known) == "qwen2.5-coder-1.5b"
    assert nearest("qwen25_coder_05b", known) == "qwen2.5-coder-0.5b"
    assert nearest("zzz", known) == did_you_mean("zzz", known) == ""
    assert did_you_mean("max-tokens", ["max_tokens"]) == "did you mean 'max_tokens'?"
