#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "report/example_report.h"

namespace baton {
namespace {

TEST(JsonTest, AReportInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_json(example::full()), R"text({
  "run_id": "r-abc123def456",
  "status": "partial",
  "reason": "1 of 3 tasks is missing: t3 test_coverage_verification.",
  "title": "HEAD~3..HEAD",
  "started": "2026-11-20T18:04:51Z",
  "elapsed_ms": 42300,
  "files_reviewed": 12,
  "lines_added": 1340,
  "summary": "The change moves the query layer to its own module. The move is sound, but one query is built from user input, and the new names do not follow those around them.",
  "synthesised": true,
  "findings": [
    {
      "file": "src/db/query.cc",
      "line": 42,
      "severity": "critical",
      "category": "security_vulnerability_assessment",
      "message": "`user` is concatenated into the SQL text, so whoever chooses their name chooses the query: '; DROP TABLE users; --' is a valid user name.",
      "suggestion": "Bind it: `SELECT * FROM users WHERE name = ?`.",
      "confidence": 0.95,
      "task": "t2",
      "source": "t2"
    },
    {
      "file": "src/my module/näme.py",
      "line": 7,
      "severity": "low",
      "category": "naming_convention_check",
      "message": "<img src=x onerror=alert(1)> ![x](http://evil.example/p.png) @everyone, see #12\u001b[2J",
      "suggestion": "",
      "confidence": 1,
      "task": "t1, t2",
      "source": "t1 (ruff), t2"
    }
  ],
  "dropped_findings": 2,
  "dropped_detail": "1 no such file, 1 outside what was reviewed",
  "tasks": [
    {
      "id": "t1",
      "type": "naming_convention_check",
      "title": "names",
      "role": "worker",
      "tier": "local",
      "model": "ruff",
      "status": "done",
      "attempts": 1,
      "note": "",
      "findings": 1
    },
    {
      "id": "t2",
      "type": "security_vulnerability_assessment",
      "title": "injection",
      "role": "worker",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "done",
      "attempts": 2,
      "note": "fast → deep: not what the schema asks for",
      "findings": 1
    },
    {
      "id": "t3",
      "type": "test_coverage_verification",
      "title": "Do the new branches have tests?",
      "role": "worker",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "skipped",
      "attempts": 4,
      "note": "every tier it may use has failed",
      "findings": 0
    }
  ],
  "missing": [
    {
      "id": "t3",
      "type": "test_coverage_verification",
      "title": "Do the new branches have tests?",
      "role": "worker",
      "tier": "deep",
      "model": "claude-opus-4-7",
      "status": "skipped",
      "attempts": 4,
      "note": "every tier it may use has failed",
      "findings": 0
    }
  ],
  "left_to_models": [
    {
      "type": "architectural_analysis",
      "tier": "deep",
      "estimate_usd": "0.12"
    },
    {
      "type": "log_statement_review",
      "tier": "fast",
      "estimate_usd": "0.004"
    }
  ],
  "skipped": [
    {
      "path": "assets/logo.png",
      "reason": "binary"
    },
    {
      "path": "vendor/big.json",
      "reason": "larger than 1 MiB"
    }
  ],
  "notes": [
    "src/old.txt is not UTF-8: 3 bytes were replaced."
  ],
  "cost": {
    "total_usd": "0.421250000001",
    "unknown_usd": "0.03",
    "unknown_calls": 1,
    "budget_usd": "2.00",
    "estimate_usd": "0.45",
    "all_deep_usd": "1.40",
    "deep_model": "claude-opus-4-7",
    "saved_percent": 72,
    "calls": 11,
    "retries": 2,
    "wasted_usd": "0.00",
    "escalations": 1,
    "tokens": {
      "input": 23456,
      "cache_write_5m": 7890,
      "cache_write_1h": 0,
      "cache_read": 41000,
      "output": 12345
    },
    "cached_percent": 56.6,
    "by_role": {
      "orchestrator": {
        "calls": 2,
        "charged_usd": "0.25",
        "tokens": {
          "input": 20000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 6000
        }
      },
      "workers": {
        "calls": 9,
        "charged_usd": "0.171250000001",
        "tokens": {
          "input": 3456,
          "cache_write_5m": 7890,
          "cache_write_1h": 0,
          "cache_read": 41000,
          "output": 6345
        }
      }
    },
    "by_model": {
      "claude-opus-4-7": {
        "calls": 2,
        "charged_usd": "0.25",
        "tokens": {
          "input": 20000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 6000
        }
      },
      "claude-haiku-4-5": {
        "calls": 9,
        "charged_usd": "0.171250000001",
        "tokens": {
          "input": 3456,
          "cache_write_5m": 7890,
          "cache_write_1h": 0,
          "cache_read": 41000,
          "output": 6345
        }
      }
    },
    "by_task": [
      {
        "task": "t0",
        "type": "task_decomposition",
        "calls": 1,
        "charged_usd": "0.175",
        "tokens": {
          "input": 15000,
          "cache_write_5m": 0,
          "cache_write_1h": 0,
          "cache_read": 0,
          "output": 4000
        }
      },
      {
        "task": "t1",
        "type": "naming_convention_check",
        "calls": 10,
        "charged_usd": "0.246250000001",
        "tokens": {
          "input": 8456,
          "cache_write_5m": 7890,
          "cache_write_1h": 0,
          "cache_read": 41000,
          "output": 8345
        }
      }
    ]
  }
}
)text");
}

TEST(JsonTest, TheCostAloneNamesItsRun) {
  EXPECT_EQ(cost_to_json("r-000000000000", example::empty().cost), R"text({
  "run_id": "r-000000000000",
  "total_usd": "0.00",
  "unknown_usd": "0.00",
  "unknown_calls": 0,
  "budget_usd": null,
  "estimate_usd": null,
  "all_deep_usd": "0.00",
  "deep_model": "",
  "saved_percent": 0,
  "calls": 0,
  "retries": 0,
  "wasted_usd": "0.00",
  "escalations": 0,
  "tokens": {
    "input": 0,
    "cache_write_5m": 0,
    "cache_write_1h": 0,
    "cache_read": 0,
    "output": 0
  },
  "cached_percent": 0,
  "by_role": {
    "orchestrator": {
      "calls": 0,
      "charged_usd": "0.00",
      "tokens": {
        "input": 0,
        "cache_write_5m": 0,
        "cache_write_1h": 0,
        "cache_read": 0,
        "output": 0
      }
    },
    "workers": {
      "calls": 0,
      "charged_usd": "0.00",
      "tokens": {
        "input": 0,
        "cache_write_5m": 0,
        "cache_write_1h": 0,
        "cache_read": 0,
        "output": 0
      }
    }
  },
  "by_model": {},
  "by_task": []
}
)text");
}

TEST(JsonTest, AnEmptyReportHasEveryKeyOfAFullOne) {
  const auto keys = [](const std::string& text) {
    std::vector<std::string> names;
    const boost::json::value report = boost::json::parse(text);
    for (const auto& member : report.as_object()) names.emplace_back(member.key());
    for (const auto& member : report.at("cost").as_object()) names.emplace_back(member.key());
    return names;
  };
  EXPECT_EQ(keys(to_json(example::empty())), keys(to_json(example::full())));
}

TEST(JsonTest, TextThatIsNotUtf8IsMadeSo) {
  ReviewReport report = example::empty();
  report.title = "caf\xE9";
  EXPECT_NE(to_json(report).find("\"title\": \"caf\uFFFD\""), std::string::npos);
}

TEST(JsonTest, ATaskThatIsNamedByTwoCheckersIsNamedOnce) {
  ReviewReport report = example::empty();
  report.findings = {
      {"a", 1, Severity::kLow, "c", "m", "", 1, "t3 (cppcheck), t3 (codespell), t5"}};
  EXPECT_NE(to_json(report).find("\"task\": \"t3, t5\""), std::string::npos);
}

}  // namespace
}  // namespace baton
