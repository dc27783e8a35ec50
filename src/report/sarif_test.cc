#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "report/example_report.h"

namespace baton {
namespace {

namespace json = boost::json;

json::value result_of(const Finding& finding) {
  ReviewReport report = example::empty();
  report.findings = {finding};
  return json::parse(to_sarif(report)).at("runs").at(0).at("results").at(0);
}

Finding at_line(int line, std::string message) {
  return {"a.cc", line, Severity::kMedium, "c", std::move(message), "", 1, "t1"};
}

json::string fingerprint_of(const Finding& finding) {
  return result_of(finding).at("partialFingerprints").at("primaryLocationLineHash").as_string();
}

TEST(SarifTest, AReportInWhichEveryPartHasSomethingToSay) {
  EXPECT_EQ(to_sarif(example::full()), R"text({
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "baton",
          "rules": [
            {
              "id": "naming_convention_check",
              "shortDescription": {
                "text": "naming convention check"
              },
              "defaultConfiguration": {
                "level": "note"
              },
              "properties": {
                "tags": [
                  "review"
                ]
              }
            },
            {
              "id": "security_vulnerability_assessment",
              "shortDescription": {
                "text": "security vulnerability assessment"
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "review",
                  "security"
                ],
                "security-severity": "9.5"
              }
            }
          ]
        }
      },
      "automationDetails": {
        "id": "baton/review/r-abc123def456"
      },
      "invocations": [
        {
          "executionSuccessful": false,
          "startTimeUtc": "2026-11-20T18:04:51Z",
          "endTimeUtc": "2026-11-20T18:05:33Z",
          "toolExecutionNotifications": [
            {
              "level": "error",
              "message": {
                "text": "1 of 3 tasks is missing: t3 test_coverage_verification."
              }
            },
            {
              "level": "warning",
              "message": {
                "text": "Not done: t3 test_coverage_verification: every tier it may use has failed"
              }
            },
            {
              "level": "note",
              "message": {
                "text": "Not reviewed: assets/logo.png: binary"
              }
            },
            {
              "level": "note",
              "message": {
                "text": "Not reviewed: vendor/big.json: larger than 1 MiB"
              }
            }
          ]
        }
      ],
      "results": [
        {
          "ruleId": "security_vulnerability_assessment",
          "ruleIndex": 1,
          "level": "error",
          "message": {
            "text": "`user` is concatenated into the SQL text, so whoever chooses their name chooses the query: '; DROP TABLE users; --' is a valid user name.\n\nSuggestion: Bind it: `SELECT * FROM users WHERE name = ?`."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "src/db/query.cc",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 42
                }
              }
            }
          ],
          "partialFingerprints": {
            "batonFinding/v1": "1fd12e17c810382d2f853817a639e751:1",
            "primaryLocationLineHash": "1fd12e17c810382d2f853817a639e751:1"
          },
          "properties": {
            "severity": "critical",
            "confidence": 0.95,
            "task": "t2"
          }
        },
        {
          "ruleId": "naming_convention_check",
          "ruleIndex": 0,
          "level": "note",
          "message": {
            "text": "<img src=x onerror=alert(1)> ![x] (http://evil.example/p.png) @everyone, see #12�[2J"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "src/my%20module/n%C3%A4me.py",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 7
                }
              }
            }
          ],
          "partialFingerprints": {
            "batonFinding/v1": "0f9580097430505ae58a4c0357ab50fd:1",
            "primaryLocationLineHash": "0f9580097430505ae58a4c0357ab50fd:1"
          },
          "properties": {
            "severity": "low",
            "confidence": 1,
            "task": "t1, t2"
          }
        }
      ],
      "properties": {
        "total_usd": "0.421250000001"
      }
    }
  ]
}
)text");
}

TEST(SarifTest, AReportWithoutFindingsHasAnEmptyListOfResults) {
  EXPECT_EQ(to_sarif(example::empty()), R"text({
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "baton",
          "rules": []
        }
      },
      "automationDetails": {
        "id": "baton/review/r-000000000000"
      },
      "invocations": [
        {
          "executionSuccessful": true,
          "startTimeUtc": "2026-11-20T18:04:51Z",
          "endTimeUtc": "2026-11-20T18:04:52Z",
          "toolExecutionNotifications": []
        }
      ],
      "results": [],
      "properties": {
        "total_usd": "0.00"
      }
    }
  ]
}
)text");
}

TEST(SarifTest, AFindingKeepsItsFingerprintWhenItsLineMoves) {
  const auto before = fingerprint_of(at_line(42, "Line 42: `x` is never read."));
  EXPECT_EQ(fingerprint_of(at_line(97, "line 97:  `x` is never read")), before);
  EXPECT_NE(fingerprint_of(at_line(42, "Line 42: `y` is never read.")), before);
  Finding elsewhere = at_line(42, "Line 42: `x` is never read.");
  elsewhere.file = "b.cc";
  EXPECT_NE(fingerprint_of(elsewhere), before);
}

TEST(SarifTest, TwoEqualFindingsOfAFileStayTwo) {
  ReviewReport report = example::empty();
  report.findings = {at_line(1, "unused"), at_line(9, "unused")};
  const json::value results = json::parse(to_sarif(report)).at("runs").at(0).at("results");
  EXPECT_NE(results.at(0).at("partialFingerprints"), results.at(1).at("partialFingerprints"));
}

TEST(SarifTest, EverySeverityHasALevel) {
  const std::pair<Severity, std::string_view> rows[] = {{Severity::kCritical, "error"},
                                                        {Severity::kHigh, "error"},
                                                        {Severity::kMedium, "warning"},
                                                        {Severity::kLow, "note"},
                                                        {Severity::kInfo, "note"}};
  for (const auto& [severity, level] : rows) {
    Finding finding = at_line(1, "m");
    finding.severity = severity;
    EXPECT_EQ(result_of(finding).at("level").as_string(), level) << to_string(severity);
  }
}

TEST(SarifTest, APathIsEncodedSoThatNothingInItIsPartOfTheAddress) {
  Finding finding = at_line(1, "m");
  finding.file = "a b/c#d?e%f:g\\h.cc";
  const json::value location = result_of(finding).at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(location.at("artifactLocation").at("uri").as_string(),
            "a%20b/c%23d%3Fe%25f%3Ag%5Ch.cc");
}

TEST(SarifTest, AMessageHoldsNoLink) {
  EXPECT_EQ(result_of(at_line(1, "see [here](http://x)")).at("message").at("text").as_string(),
            "see [here] (http://x)");
}

}  // namespace
}  // namespace baton
