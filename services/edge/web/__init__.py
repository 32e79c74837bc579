"""The web locator: one page, and a page for each store that search engines can read."""
