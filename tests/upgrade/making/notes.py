"""Calls a suite, and notes what its clients hold afterwards."""

from typing import Any

from tests.upgrade.running import Answer, Suite


class Notes:
    """What clients were given: the content of `clients.json`."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.held: dict[str, Any] = {name: [] for name in ("reads", "pages", "retries")} | {
            name: {} for name in ("devices", "trips", "holds", "anchors", "etags", "watches")
        }

    def call(self, method: str, /, key: str = "ops", **request: Any) -> Answer:
        """Call a method."""
        return self.suite.call(method, request, key=key)

    def read(self, method: str, /, key: str = "ops", **request: Any) -> None:
        """Note a request and its answer, which must stay the same."""
        answer = self.call(method, key, **request)
        self.held["reads"].append(
            {"method": method, "key": key, "request": request, "answer": answer}
        )

    def page(self, method: str, /, key: str = "ops", **request: Any) -> None:
        """Note a page token, and the page that it leads to: the second one of a list."""
        token = self.call(method, key, **request)["next_page_token"]
        request = {**request, "page_token": token}
        answer = self.call(method, key, **request)
        self.held["pages"].append(
            {"method": method, "key": key, "request": request, "answer": answer}
        )

    def once(self, method: str, /, key: str = "ops", **request: Any) -> Answer:
        """Note a request with a `request_id`, and the name and receipt that it was answered."""
        answer = self.call(method, key, **request)
        assert answer["name"] == self.call(method, key, **request)["name"]
        told = {field: answer[field] for field in ("name", "receipt") if field in answer}
        self.held["retries"].append(
            {"method": method, "key": key, "request": request, "answer": told}
        )
        return answer

    def watched(self, method: str, /, key: str = "ops", **request: Any) -> str:
        """The first resume token of a watcher."""
        with self.suite.stream(method, request, key=key) as answers:
            return str(answers.next()["resume_token"])
