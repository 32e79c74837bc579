"""The web locator: its page, a page per store for search engines, and its files."""
