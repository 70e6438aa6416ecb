"""Models in a real browser: files are sent, checked and added, and nothing is asked of any other host."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]


def test_a_base_is_connected_and_a_pair_is_added_from_a_zip(
    filled: str, filled_copy: Path, visit: Visit, tiny_reference: Path, tmp_path: Path
) -> None:
    page = visit(f"{filled}/models?models=connect")
    source = page.get_by_role("textbox", name="Folder, GGUF file or name on the hub")
    source.fill(str(tiny_reference))
    source.press("Enter")
    expect(page.get_by_text(re.compile("A folder on this machine"))).to_be_visible()
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("it is sound, and can be chosen")).to_be_visible()

    page.get_by_text("Add a pair", exact=True).click()
    page.get_by_text("A pair of this program", exact=True).click()
    expect(page.get_by_role("textbox", name="Folder or zip on this machine")).to_be_visible()
    expect(page.get_by_text("or a zip of it")).to_have_count(0)  # the other form's
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("../evil.json", "{}")
    page.locator("input[type=file]").set_input_files(str(hostile))
    expect(
        page.get_by_text("hostile.zip holds '../evil.json', which leads out of the zip's own folder.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Check and add")).to_be_disabled()

    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        for file in (filled_copy / "data" / "pairs" / "tiny").iterdir():
            archive.write(file, file.name)
    page.locator("input[type=file]").first.set_input_files(str(whole))
    expect(page.get_by_text("It says: pair tiny")).to_be_visible()
    name = page.get_by_role("textbox", name="Name of the pair here")
    name.fill("sent")
    name.press("Enter")
    page.get_by_role("button", name="Check and add").click()
    expect(page.get_by_text("Pair sent is added")).to_be_visible()

    page.get_by_text("What is here", exact=True).click()
    card = page.locator("article").filter(has=page.get_by_role("heading", name="sent", exact=True))
    expect(card).to_contain_text("its models work together")
    expect(page.locator("article", has_text="read whole on")).to_contain_text(tiny_reference.name)
    card.get_by_text("Details", exact=True).click()
    expect(card.get_by_text("SHA-256 of adapter_model.safetensors")).to_be_visible()
