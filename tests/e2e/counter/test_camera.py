"""A hold is found by the QR code that the shopper shows to the camera."""

import pytest
from playwright.async_api import expect

from tests.e2e.counter.conftest import Tablets
from tests.e2e.locator.conftest import launched
from tests.support.qr_video import write_film

pytestmark = pytest.mark.usefixtures("empty")
FAKE = "--use-fake-device-for-media-stream"


@pytest.mark.long
async def test_the_camera_reads_the_code_of_a_hold(shop, tmp_path):
    hold = shop.hold(milk=1)
    film = tmp_path / "code.y4m"
    write_film(film, shop.code(hold)["text"])
    options = (FAKE, "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    async with launched(*options) as browser:
        tablets = Tablets(shop, browser)
        page = await tablets.sign_in("eye-1", permissions=["camera"])
        assert await page.evaluate("globalThis.BarcodeDetector === undefined"), (
            "Debian's Chromium has none; the decoder of the page is tested"
        )
        await page.get_by_role("link", name="Hand over").click()
        await page.get_by_role("button", name="Scan with the camera").click()
        tag = hold["name"][-4:]
        await expect(page.get_by_role("heading", name=f"Give order {tag}")).to_be_visible()
        await page.get_by_role("button", name="Handed over").click()
        await expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert "STATE_COLLECTED" == shop.state(hold)
        assert [] == tablets.wrong


@pytest.mark.long
async def test_without_a_camera_the_page_says_to_type_the_code(tablets):
    page = await tablets.sign_in("eye-2")
    await page.get_by_role("link", name="Hand over").click()
    await page.get_by_role("button", name="Scan with the camera").click()
    await expect(page.locator("dialog .failure")).to_contain_text("type the code")
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_label("Type the code")).to_be_visible()


@pytest.mark.long
async def test_the_browsers_own_detector_is_used_where_there_is_one(shop, tmp_path):
    """A stand-in for that of Chrome on Android, which Debian's Chromium lacks."""
    hold = shop.hold(milk=1)
    async with launched(FAKE, "--use-fake-ui-for-media-stream") as browser:
        tablets = Tablets(shop, browser)
        context = await tablets.context(permissions=["camera"])
        text = shop.code(hold)["text"]
        await context.add_init_script(f"""globalThis.BarcodeDetector = class {{
          static async getSupportedFormats() {{ return ["qr_code"]; }}
          async detect() {{ return [{{ rawValue: {text!r} }}]; }}
        }};""")
        page = await tablets.page(context)
        await page.goto(shop.link("eye-3"))
        await page.locator("#enter").click()
        await page.get_by_role("link", name="Hand over").click()
        await page.get_by_role("button", name="Scan with the camera").click()
        tag = hold["name"][-4:]
        await expect(page.get_by_role("heading", name=f"Give order {tag}")).to_be_visible()
        assert not await page.evaluate("globalThis.jsQR !== undefined")
