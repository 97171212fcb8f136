"""The page in a real browser: quiet, whole at 390 px, and without any request."""

import json
import shutil
from collections.abc import Iterator

import pytest

from remem.report import write
from report.invented_attacks import attack

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
DRIVER = shutil.which("chromedriver")
if not (BROWSER and DRIVER):
    pytest.skip("needs chromium and chromedriver on the PATH", allow_module_level=True)
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'remem[dev]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def address(pristine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder, data = shutil.copytree(pristine[0], tmp_path_factory.mktemp("attacked") / "run"), pristine[1]
    attack(folder, data)
    return write(folder, tmp_path_factory.mktemp("report"), data).as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator["webdriver.Chrome"]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield chrome
    chrome.quit()


def resize(browser: "webdriver.Chrome", width: int) -> None:
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("place", ["", "#numbers", "#attacks", "#person-p000"])
def test_nothing_sticks_out_sideways(browser, address: str, width: int, place: str):
    resize(browser, width)
    browser.get("about:blank")
    browser.get(address + place)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_quiet_console_and_no_requests(browser, address: str):
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # forget what came before
    browser.get("about:blank")
    browser.get(address)
    for button in browser.find_elements("css selector", ".tabs button"):
        if button.is_enabled():
            browser.execute_script("arguments[0].click()", button)
    browser.get(address + "#person-p001")
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert {url.split("#")[0] for url in asked if not url.startswith("data:")} <= {address, "about:blank"}
    assert address in {url.split("#")[0] for url in asked}  # the log does record requests


def test_tabs_show_one_table_and_all_are_there_without_script(browser, address: str):
    resize(browser, 1400)
    browser.get("about:blank")
    browser.get(address)
    panels = browser.find_elements("css selector", ".panel")
    assert len(panels) > 10
    assert sum(panel.is_displayed() for panel in panels) == 1
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get("about:blank")
    browser.get(address)
    shown = [panel.is_displayed() for panel in browser.find_elements("css selector", ".panel")]
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert all(shown)


def test_a_person_has_a_page(browser, address: str):
    browser.get("about:blank")
    browser.get(address + "#person-p002")
    shown = [
        p.get_attribute("id") for p in browser.find_elements("css selector", ".person") if p.is_displayed()
    ]
    assert shown == ["person-p002"]
    assert not browser.find_element("id", "methods").is_displayed()
    browser.execute_script("location.hash = '#people'")
    assert browser.find_element("id", "methods").is_displayed()
