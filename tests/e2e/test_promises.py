"""docs/promises.md names the tests that keep each promise: those that are named are there."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parents[2]
TEXT = (ROOT / "docs/promises.md").read_text(encoding="utf-8")


def unit_tests():
    names = set()
    for folder in ("src", "simulation", "mock_api"):
        for file in (ROOT / folder).rglob("*_test.cc"):
            for suite, test in re.findall(r"TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", file.read_text(encoding="utf-8")):
                names.add(f"{suite}.{test}")
    return names


class PromisesTest(unittest.TestCase):
    def test_every_unit_test_that_is_named_is_there(self):
        named = set(re.findall(r"`(\w+\.[A-Z]\w+)`", TEXT))
        self.assertGreater(len(named), 30)
        self.assertEqual(named - unit_tests(), set())

    def test_every_file_that_is_named_is_there(self):
        named = set(re.findall(r"`((?:tests|simulation|core)/[\w./]+)`", TEXT))
        missing = {name for name in named if not ((ROOT / name).exists() or (ROOT / "src" / name).exists())}
        self.assertEqual(missing, set())

    def test_they_are_numbered_without_a_gap_and_each_names_what_keeps_it(self):
        promises = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", TEXT, re.M | re.S)
        self.assertEqual([int(number) for number, _ in promises], list(range(1, len(promises) + 1)))
        for number, promise in promises:
            with self.subTest(number):
                self.assertRegex(promise, r"`|seeded worlds")


if __name__ == "__main__":
    unittest.main()
