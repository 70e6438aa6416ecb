"""The report of the demo's recorded run is the same: key by key, tag by tag, and figure by figure."""

from pathlib import Path

import pytest

from tests.kept.demo_report import made
from tests.kept.doors import called, golden


@pytest.mark.demo
def test_the_report_of_the_demo_is_the_same(tmp_path: Path) -> None:
    code, _, err = called("demo", "--json")
    if "could not be downloaded" in err:
        pytest.skip("the demo's base is not on this machine: python -m engine demo")
    assert code == 0, err
    found, kept = made(tmp_path / "demo-report"), golden("demo_report.json.gz")
    for part in ("told", "csv", "advice"):
        assert found[part] == kept[part]
    assert sorted(found["json"]) == sorted(kept["json"])
    for key, value in kept["json"].items():
        assert found["json"][key] == value, key
    assert found["html"] == kept["html"]
