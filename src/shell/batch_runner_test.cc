#include "shell/batch_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "shell/loop.h"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr Instant kFormed = Instant::from_unix_ms(1'795'176'000'000);  // 2026-11-20T12:00:00Z

// A provider whose answers a test tells, one after the other.
class ToldHttp : public HttpClient {
 public:
  TransferId start(HttpRequest request, HttpHandlers handlers) override {
    requests.push_back(std::move(request));
    open.push_back(std::move(handlers));
    return open.size();
  }
  void cancel(TransferId) override {}

  // To the latest question.
  void answer(int status, const std::string& body) {
    const HttpHandlers handlers = open.back();
    handlers.on_head(status, {});
    handlers.on_body(body);
    handlers.on_end({});
  }
  void refuse(int status, const std::string& type) {
    answer(status, R"({"type":"error","error":{"type":")" + type + R"(","message":"no"}})");
  }

  std::vector<HttpRequest> requests;
  std::vector<HttpHandlers> open;
};

std::string status_body(const std::string& id, bool ended, int items = 2,
                        std::string_view created = "2026-11-20T12:00:01Z") {
  return fmt::format(R"({{"id":"{}","type":"message_batch","processing_status":"{}","created_at":)"
                     R"("{}","request_counts":{{"processing":{},"succeeded":0,"errored":0,)"
                     R"("canceled":0,"expired":0}}}})",
                     id, ended ? "ended" : "in_progress", created, items);
}

std::string list_of(const std::string& batches, bool more, const std::string& last) {
  return fmt::format(R"({{"data":[{}],"has_more":{},"last_id":"{}"}})", batches, more, last);
}

std::string list_body(const std::string& id, bool more) {
  return list_of(status_body(id, true), more, id);
}

std::string expired(const std::string& custom_id) {
  return R"({"custom_id":")" + custom_id + "\",\"result\":{\"type\":\"expired\"}}\n";
}

std::string_view kind_of(const CallOutcome& outcome) {
  if (std::holds_alternative<CallSettled>(outcome)) return "settled";
  return std::holds_alternative<CallNotBilled>(outcome) ? "not billed" : "unknown";
}

class BatchRunnerTest : public testing::Test {
 protected:
  BatchRunnerTest() { endpoint.base_url = "http://localhost:1"; }

  // What a process before has left.
  void collect(const std::string& name) {
    runner.start({BatchId(1), name, kFormed, {"r-c1", "r-c2"}, {}});
  }
  // Lets what waits for its time be asked, until `count` questions have been.
  bool asked(std::size_t count) {
    for (int i = 0; i < 400 && http.requests.size() < count; ++i) {
      loop.after(Millis(1), [this] { loop.stop(); });
      loop.run();
    }
    return http.requests.size() >= count;
  }

  Loop loop;
  ToldHttp http;
  Endpoint endpoint;
  std::vector<std::string> accepted;
  std::map<std::string, std::string> ends;
  std::vector<std::string> stuck;
  BatchRunner runner{loop,
                     http,
                     endpoint,
                     Millis(1),
                     {[this](BatchId, const std::string& name) { accepted.push_back(name); },
                      [this](BatchId, const std::string& id, const CallOutcome& outcome) {
                        EXPECT_TRUE(ends.emplace(id, kind_of(outcome)).second) << id;
                      },
                      [this](BatchId, const std::string& why) { stuck.push_back(why); }}};
};

TEST_F(BatchRunnerTest, ItemsEndOnceHoweverOftenTheResultsTellOfThem) {
  collect("msgbatch_1");
  http.answer(200, status_body("msgbatch_1", true));
  http.answer(200, expired("r-c1") + expired("other") + expired("r-c1") + "rubbish\n");
  EXPECT_THAT(ends, ElementsAre(Pair("r-c1", "not billed"), Pair("r-c2", "unknown")));
}

TEST_F(BatchRunnerTest, AListWithoutEndIsNotReadForEver) {
  collect("");
  for (int page = 0; page < 2'000 && http.requests.back().url.find("limit=") != std::string::npos;
       ++page) {
    const std::size_t before = http.requests.size();
    http.answer(200, list_body(fmt::format("msgbatch_{}", page % 2), true));
    if (http.requests.size() == before) break;
  }
  EXPECT_THAT(http.requests.back().url, HasSubstr("/msgbatch_"));  // what it listed is looked at
}

TEST_F(BatchRunnerTest, AListThatShowsEverOtherBatchesIsGivenUpAndNothingIsCalledNotSent) {
  collect("");
  for (int page = 0; page < 10'000 && stuck.empty(); ++page) {
    const std::size_t before = http.requests.size();
    const std::string other = status_body(fmt::format("msgbatch_{}", page), true, 3);
    http.answer(200, fmt::format(R"({{"data":[{}],"has_more":true,"last_id":"msgbatch_{}"}})",
                                 other, page));
    if (stuck.empty()) {
      ASSERT_TRUE(asked(before + 1));
    }
  }
  EXPECT_THAT(stuck, SizeIs(1));
  EXPECT_THAT(ends, IsEmpty());
}

// Called not created, it would be paid for and stand in no book.
TEST_F(BatchRunnerTest, ABatchIsFoundAlthoughOurClockWasHoursAhead) {
  collect("");
  const std::string ours = status_body("msgbatch_1", true, 2, "2026-11-19T16:00:00Z");
  const std::string older = status_body("msgbatch_0", true, 2, "2026-11-19T01:00:00Z");
  http.answer(200, list_of(ours + "," + older, false, "msgbatch_0"));
  // The nearer one is looked at first.
  EXPECT_THAT(http.requests.back().url, HasSubstr("/msgbatch_1"));
  http.answer(200, ours);
  http.answer(200, expired("r-c1") + expired("r-c2"));
  EXPECT_THAT(accepted, ElementsAre("msgbatch_1"));
  EXPECT_THAT(ends, SizeIs(2));
}

TEST_F(BatchRunnerTest, AServersOwnErrorIsNoProofThatNoBatchWasCreated) {
  runner.start({BatchId(1), "", kFormed, {"r-c1", "r-c2"}, {{"r-c1", "{}"}, {"r-c2", "{}"}}});
  http.refuse(504, "timeout_error");
  EXPECT_THAT(ends, IsEmpty());
  http.answer(200, list_body("msgbatch_1", false));
  http.answer(200, status_body("msgbatch_1", true));
  http.answer(200, expired("r-c1") + expired("r-c2"));
  EXPECT_THAT(accepted, ElementsAre("msgbatch_1"));
  EXPECT_THAT(ends, SizeIs(2));
}

TEST_F(BatchRunnerTest, WhatIsRefusedWasNotCreated) {
  runner.start({BatchId(1), "", kFormed, {"r-c1"}, {{"r-c1", "{}"}}});
  http.refuse(429, "rate_limit_error");
  EXPECT_THAT(http.requests, SizeIs(1));
  EXPECT_THAT(ends, ElementsAre(Pair("r-c1", "not billed")));
}

TEST_F(BatchRunnerTest, ABatchThatOnlySeemedToBeOursIsPassedOverWhenItIsGone) {
  collect("");
  http.answer(200, list_body("msgbatch_9", false));
  ASSERT_THAT(http.requests.back().url, HasSubstr("/msgbatch_9"));
  http.refuse(404, "not_found_error");
  for (std::size_t look = 0; look < 9 && ends.empty(); ++look) {
    ASSERT_THAT(http.requests.back().url, HasSubstr("limit="));
    const std::size_t before = http.requests.size();
    http.answer(200, R"({"data":[],"has_more":false})");
    if (ends.empty()) {
      ASSERT_TRUE(asked(before + 1));
    }
  }
  EXPECT_THAT(ends, ElementsAre(Pair("r-c1", "not billed"), Pair("r-c2", "not billed")));
  EXPECT_THAT(stuck, IsEmpty());
}

TEST_F(BatchRunnerTest, RefusalsNowAndThenDoNotAddUpOverADay) {
  collect("msgbatch_1");
  for (int i = 0; i < 50; ++i) {
    http.refuse(529, "overloaded_error");
    ASSERT_TRUE(asked(http.requests.size() + 1)) << i;
    http.answer(200, status_body("msgbatch_1", false));
    ASSERT_TRUE(asked(http.requests.size() + 1)) << i;
  }
  EXPECT_THAT(stuck, IsEmpty());
}

TEST_F(BatchRunnerTest, AProviderThatOnlyRefusesIsNotAskedForEver) {
  collect("msgbatch_1");
  for (int i = 0; i < 100 && stuck.empty(); ++i) {
    http.refuse(529, "overloaded_error");
    if (stuck.empty()) {
      ASSERT_TRUE(asked(http.requests.size() + 1));
    }
  }
  EXPECT_THAT(stuck, SizeIs(1));
  EXPECT_THAT(ends, IsEmpty());
}

TEST_F(BatchRunnerTest, AnswersThatAreNoneAreNotAskedForEver) {
  collect("msgbatch_1");
  for (int i = 0; i < 100 && stuck.empty(); ++i) {
    http.answer(200, "hello");
    if (stuck.empty()) {
      ASSERT_TRUE(asked(http.requests.size() + 1));
    }
  }
  EXPECT_THAT(stuck, SizeIs(1));
}

TEST_F(BatchRunnerTest, ResultsThatAreGoneLeaveTheirItemsUnknown) {
  collect("msgbatch_1");
  for (int i = 0; i < 9 && ends.empty(); ++i) {
    http.answer(200, status_body("msgbatch_1", true));
    const std::size_t before = http.requests.size();
    http.refuse(404, "not_found_error");
    if (ends.empty()) {
      ASSERT_TRUE(asked(before + 1));
    }
  }
  EXPECT_THAT(ends, ElementsAre(Pair("r-c1", "unknown"), Pair("r-c2", "unknown")));
}

TEST_F(BatchRunnerTest, ABatchThatIsNotFoundAtOnceIsAskedForAgain) {
  runner.start({BatchId(1), "", kFormed, {"r-c1"}, {{"r-c1", "{}"}}});
  http.answer(200, status_body("msgbatch_1", false, 1));
  ASSERT_TRUE(asked(2));
  http.refuse(404, "not_found_error");
  ASSERT_TRUE(asked(3));
  http.answer(200, status_body("msgbatch_1", true, 1));
  http.answer(200, expired("r-c1"));
  EXPECT_THAT(ends, ElementsAre(Pair("r-c1", "not billed")));
}

}  // namespace
}  // namespace baton
