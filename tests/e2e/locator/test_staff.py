"""While access is open, the counter is there for everybody on this machine: nobody signs in."""

from playwright.async_api import expect

from tests.support.counter import S_MARKET


async def test_the_counter_of_the_open_demo_needs_no_session(visit, demo):
    basket = {"items": [{"product": "products/g-048", "quantity": 1}]}
    held = demo.post(f"/v1/{S_MARKET}/reservations", basket)
    page = await visit(f"/{S_MARKET.replace('stores', 'staff')}")
    await page.locator(f'.card[data-key="{held["name"]}"]').click()
    await page.get_by_role("button", name="Start picking").click()
    await expect(page.locator(".detail .state")).to_have_text("Picking")
    await expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    demo.post(f"/v1/{held['name']}:cancel", {})
    await expect(page.locator(f'.card[data-key="{held["name"]}"]')).to_have_count(0)
