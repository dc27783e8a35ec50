#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "report/example_agent_report.h"

namespace baton {
namespace {

namespace json = boost::json;

TEST(AgentJsonTest, ARunInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_json(example::feature()), R"text({
  "run_id": "r-abc123def456",
  "workflow": "feature",
  "status": "partial",
  "reason": "1 of 9 tasks is missing: t4 documentation-writer.",
  "request": "Add an option --json to `list`.\nKeep the text form as it is.",
  "started": "2026-11-20T18:04:51Z",
  "elapsed_ms": 725000,
  "approach": "The listing becomes a value first; then it gets a second form.",
  "answer": "",
  "base": "9a8b7c6d5e4f99999999999999999999aaaaaaaa",
  "branch": "baton/add-json-abc123",
  "commit": "1f2e3d4c5b6a00000000000000000000bbbbbbbb",
  "undelivered": "",
  "changed": [
    {
      "status": "M",
      "path": "src/list.cc",
      "added": 1120,
      "removed": 7
    },
    {
      "status": "A",
      "path": "tests/list_test.cc",
      "added": 64,
      "removed": 0
    }
  ],
  "tasks": [
    {
      "id": "t0",
      "kind": "plan",
      "title": "plan",
      "worker": "planner",
      "reason": "",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 1,
      "tool_calls": 0,
      "charged_usd": "0.205",
      "summary": "",
      "result": "",
      "files": [],
      "notes": [],
      "of": "",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t2",
      "kind": "work",
      "title": "Write the option",
      "worker": "code-writer",
      "reason": "It is production code.",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 12,
      "tool_calls": 34,
      "charged_usd": "0.50",
      "summary": "`list --json` prints one object for each entry. Dates are UTC.",
      "result": "",
      "files": [
        "src/list.cc"
      ],
      "notes": [
        "The order of entries is not stable."
      ],
      "of": "",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t3",
      "kind": "integration",
      "title": "merge of t2",
      "worker": "",
      "reason": "",
      "tier": "",
      "model": "",
      "status": "done",
      "note": "",
      "attempts": 0,
      "turns": 0,
      "tool_calls": 0,
      "charged_usd": "0.00",
      "summary": "",
      "result": "",
      "files": [],
      "notes": [],
      "of": "t2",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t4",
      "kind": "work",
      "title": "Describe the option",
      "worker": "documentation-writer",
      "reason": "",
      "tier": "balanced",
      "model": "claude-sonnet-4-6",
      "status": "skipped",
      "note": "looped: the same call of `read` 3 times",
      "attempts": 3,
      "turns": 9,
      "tool_calls": 9,
      "charged_usd": "0.02",
      "summary": "",
      "result": "",
      "files": [],
      "notes": [],
      "of": "",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t5",
      "kind": "work",
      "title": "Test the option",
      "worker": "test-writer",
      "reason": "",
      "tier": "fast",
      "model": "claude-haiku-4-5",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 6,
      "tool_calls": 8,
      "charged_usd": "0.0345",
      "summary": "Three tests, one for each form.",
      "result": "",
      "files": [
        "tests/list_test.cc",
        "src/list.cc"
      ],
      "notes": [],
      "of": "",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t6",
      "kind": "integration",
      "title": "merge of t5",
      "worker": "integrator",
      "reason": "",
      "tier": "balanced",
      "model": "claude-sonnet-4-6",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 4,
      "tool_calls": 5,
      "charged_usd": "0.075",
      "summary": "Kept the new signature and the test's helper.",
      "result": "",
      "files": [],
      "notes": [],
      "of": "t5",
      "trouble": "its work conflicts in 1 file",
      "conflicts": [
        "src/list.cc"
      ]
    },
    {
      "id": "t7",
      "kind": "review",
      "title": "review",
      "worker": "reviewer",
      "reason": "",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 5,
      "tool_calls": 7,
      "charged_usd": "0.20",
      "summary": "Sound but for the escaping of names.",
      "result": "",
      "files": [],
      "notes": [],
      "of": "",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t8",
      "kind": "fix",
      "title": "mend what the review found",
      "worker": "code-writer",
      "reason": "",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "done",
      "note": "",
      "attempts": 1,
      "turns": 5,
      "tool_calls": 6,
      "charged_usd": "0.20",
      "summary": "Names are escaped.",
      "result": "",
      "files": [
        "src/list.cc"
      ],
      "notes": [],
      "of": "t7",
      "trouble": "",
      "conflicts": []
    },
    {
      "id": "t1",
      "kind": "delivery",
      "title": "delivery",
      "worker": "",
      "reason": "",
      "tier": "",
      "model": "",
      "status": "done",
      "note": "",
      "attempts": 0,
      "turns": 0,
      "tool_calls": 0,
      "charged_usd": "0.00",
      "summary": "",
      "result": "",
      "files": [],
      "notes": [],
      "of": "",
      "trouble": "",
      "conflicts": []
    }
  ],
  "checks": [
    {
      "command": "make test",
      "state": "passed",
      "task": "t8",
      "merged": true,
      "runs": 4,
      "failures": 1,
      "detail": ""
    },
    {
      "command": "make lint",
      "state": "failed",
      "task": "t5",
      "merged": false,
      "runs": 1,
      "failures": 1,
      "detail": "list.cc:7: line too long\nmake: *** [lint] Error 1"
    },
    {
      "command": "make docs | tee log",
      "state": "not_run",
      "task": "t4",
      "merged": false,
      "runs": 0,
      "failures": 0,
      "detail": "t4 was skipped"
    }
  ],
  "reviews": [
    {
      "round": 1,
      "task": "t7",
      "status": "done",
      "findings": 2,
      "fix": "t8",
      "fix_status": "done"
    }
  ],
  "findings": [
    {
      "file": "src/list.cc",
      "line": 42,
      "severity": "low",
      "category": "review",
      "message": "The helper is used once; `main` could do it.",
      "suggestion": "Inline it.",
      "confidence": 1,
      "task": "t7",
      "source": "t7"
    }
  ],
  "contexts": [
    {
      "role": "planner",
      "model": "claude-opus-4-7",
      "largest_prompt_tokens": 31000,
      "window_tokens": 1000000,
      "window_percent": 3.1,
      "pack_tokens": 30800,
      "pack_budget_tokens": 40000,
      "left_out": []
    },
    {
      "role": "code-writer",
      "model": "claude-opus-4-7",
      "largest_prompt_tokens": 58211,
      "window_tokens": 1000000,
      "window_percent": 5.8,
      "pack_tokens": 21400,
      "pack_budget_tokens": 60000,
      "left_out": [
        "t2: src/big.cc (lines 400-900 of 900)"
      ]
    },
    {
      "role": "test-writer",
      "model": "a-model-of-ours",
      "largest_prompt_tokens": 18000,
      "window_tokens": null,
      "window_percent": null,
      "pack_tokens": 0,
      "pack_budget_tokens": 0,
      "left_out": []
    }
  ],
  "repository_tokens": 180000,
  "notes": [
    "t5: tests/none.cc is not in the repository."
  ],
  "cost": {
    "total_usd": "1.2345",
    "unknown_usd": "0.00",
    "unknown_calls": 0,
    "budget_usd": "5.00",
    "estimate_usd": null,
    "all_deep_usd": "2.50",
    "deep_model": "claude-opus-4-7",
    "saved_percent": 50.6,
    "calls": 43,
    "retries": 0,
    "wasted_usd": "0.00",
    "escalations": 0,
    "tokens": {
      "input": 83456,
      "cache_write_5m": 47890,
      "cache_write_1h": 0,
      "cache_read": 941000,
      "output": 22345
    },
    "cached_percent": 87.7,
    "by_role": {
      "orchestrator": {
        "calls": 1,
        "charged_usd": "0.205",
        "tokens": {
          "input": 31000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 2000
        }
      },
      "workers": {
        "calls": 42,
        "charged_usd": "1.0295",
        "tokens": {
          "input": 52456,
          "cache_write_5m": 47890,
          "cache_write_1h": 0,
          "cache_read": 941000,
          "output": 20345
        }
      }
    },
    "by_model": {
      "claude-opus-4-7": {
        "calls": 20,
        "charged_usd": "1.01",
        "tokens": {
          "input": 61000,
          "cache_write_5m": 30000,
          "cache_write_1h": 0,
          "cache_read": 441000,
          "output": 12000
        }
      },
      "claude-haiku-4-5": {
        "calls": 23,
        "charged_usd": "0.2245",
        "tokens": {
          "input": 22456,
          "cache_write_5m": 17890,
          "cache_write_1h": 0,
          "cache_read": 500000,
          "output": 10345
        }
      }
    },
    "by_task": [
      {
        "task": "t0",
        "type": "plan",
        "calls": 1,
        "charged_usd": "0.205",
        "tokens": {
          "input": 31000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 2000
        }
      }
    ],
    "by_worker": {
      "planner": {
        "calls": 1,
        "charged_usd": "0.205",
        "tokens": {
          "input": 31000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 2000
        }
      },
      "code-writer": {
        "calls": 17,
        "charged_usd": "0.70",
        "tokens": {
          "input": 22000,
          "cache_write_5m": 30000,
          "cache_write_1h": 0,
          "cache_read": 341000,
          "output": 9000
        }
      },
      "others": {
        "calls": 25,
        "charged_usd": "0.3295",
        "tokens": {
          "input": 30456,
          "cache_write_5m": 17890,
          "cache_write_1h": 0,
          "cache_read": 600000,
          "output": 11345
        }
      }
    },
    "compared_all_deep_usd": "3.10"
  }
}
)text");
}

TEST(AgentJsonTest, EveryKeyIsThereEvenWhereThereIsNothingToSay) {
  const json::value full = json::parse(to_json(example::feature()));
  for (const AgentReport& report : {example::half_way(), example::direct_answer()}) {
    const json::value value = json::parse(to_json(report));
    for (const auto& member : full.as_object())
      EXPECT_TRUE(value.as_object().contains(member.key())) << member.key();
  }
}

TEST(AgentJsonTest, WhatIsNotThereIsNull) {
  const json::value value = json::parse(to_json(example::half_way()));
  EXPECT_TRUE(value.at("commit").is_null());
  EXPECT_TRUE(value.at("cost").at("compared_all_deep_usd").is_null());
}

TEST(AgentJsonTest, BytesThatAreNoTextDoNotBreakIt) {
  std::error_code error;
  json::parse(to_json(example::all_saying("\xff\"\\\x1b\n")), error);
  EXPECT_FALSE(error) << error.message();
}

}  // namespace
}  // namespace baton
