import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, inDollars, percentOf } from "./numbers.js";

test("dollars show as the rest of the report shows them", () => {
  const shown = { "0.00": "$0.00", "0.0421": "$0.0421", "1.25": "$1.25", "1234.5": "$1,234.50",
                  "-0.5": "-$0.5000", "0.000000000001": "<$0.0001" };
  for (const [amount, text] of Object.entries(shown)) assert.equal(inDollars(amount), text);
});

test("a share of nothing is no share", () => {
  assert.equal(percentOf("1", "0"), null);
  assert.equal(percentOf("1", null), null);
  assert.equal(percentOf("1", "4"), 25);
});

test("days are UTC", () => {
  assert.equal(dayOf(Date.parse("2026-11-20T23:59:59Z") / 1000), "2026-11-20");
});
