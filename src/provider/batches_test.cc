#include "provider/batches.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "provider/api_reply.h"

namespace baton {
namespace {

using testing::HasSubstr;
using Kind = TransferEnd::Kind;

constexpr Instant kCreated = Instant::from_unix_ms(1'795'197'891'000);  // 2026-11-20T18:04:51Z

std::string batch(const std::string& fields) {
  return R"({"id":"msgbatch_01A","type":"message_batch","created_at":"2026-11-20T18:04:51Z",)"
         R"("expires_at":"2026-11-21T18:04:51Z","cancel_initiated_at":null,)" +
         fields + "}";
}
std::string counts(int processing, int succeeded) {
  return fmt::format(R"("request_counts":{{"processing":{},"succeeded":{},"errored":0,)"
                     R"("canceled":0,"expired":0}})",
                     processing, succeeded);
}
const std::string kRunning = batch(
    R"("processing_status":"in_progress","ended_at":null,"results_url":null,)" + counts(2, 0));
const BatchStatus kRunningStatus{.id = "msgbatch_01A",
                                 .state = BatchState::kInProgress,
                                 .counts = {.processing = 2},
                                 .created_at = kCreated,
                                 .expires_at = kCreated + Millis::seconds(86400),
                                 .ended_at = std::nullopt,
                                 .has_results = false};

// ---- requests ----

TEST(BatchBodyTest, ItemsStandInTheirOrder) {
  const Result<std::string> body =
      batch_body({{"c1", R"({"model":"m"})"}, {"c2", R"({"model":"n"})"}});
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, R"({"requests":[{"custom_id":"c1","params":{"model":"m"}},)"
                   R"({"custom_id":"c2","params":{"model":"n"}}]})");
}

TEST(BatchBodyTest, WhatTheProviderWouldRefuseIsNotSent) {
  EXPECT_FALSE(batch_body({}));
  EXPECT_FALSE(batch_body({{"", "{}"}}));
  EXPECT_FALSE(batch_body({{"a b", "{}"}}));
  EXPECT_FALSE(batch_body({{std::string(65, 'a'), "{}"}}));
  EXPECT_THAT(batch_body({{"a", "{}"}, {"a", "{}"}}).error().message, HasSubstr("'a'"));
  EXPECT_TRUE(batch_body({{std::string(64, 'a'), "{}"}}));
}

TEST(BatchUrlTest, UrlsAreMadeOfTheEndpointAndTheId) {
  const Endpoint endpoint{.base_url = "http://localhost:1", .credentials = {}, .extra_headers = {}};
  EXPECT_EQ(batches_url(endpoint), "http://localhost:1/v1/messages/batches");
  EXPECT_EQ(batches_list_url(endpoint), "http://localhost:1/v1/messages/batches?limit=100");
  EXPECT_EQ(batches_list_url(endpoint, "b_1"),
            "http://localhost:1/v1/messages/batches?limit=100&after_id=b_1");
  EXPECT_EQ(batch_url(endpoint, "b_1"), "http://localhost:1/v1/messages/batches/b_1");
  EXPECT_EQ(batch_cancel_url(endpoint, "b_1"), "http://localhost:1/v1/messages/batches/b_1/cancel");
  EXPECT_EQ(batch_results_url(endpoint, "b_1"),
            "http://localhost:1/v1/messages/batches/b_1/results");
}

// ---- answers ----

TEST(BatchStatusTest, ABatchIsReadWithItsCountsAndTimes) {
  EXPECT_EQ(*batch_status(kRunning), kRunningStatus);
  const Result<BatchStatus> ended =
      batch_status(batch(R"("processing_status":"ended","ended_at":"2026-11-20T18:05:51.5Z",)"
                         R"("results_url":"https://elsewhere.test/x",)" +
                         counts(0, 2)));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->state, BatchState::kEnded);
  EXPECT_EQ(ended->counts.total(), 2);
  EXPECT_EQ(ended->ended_at, kCreated + Millis(60'500));
  EXPECT_TRUE(ended->has_results);
}

TEST(BatchStatusTest, WhatIsNoBatchIsAnError) {
  for (const std::string& body : {
           std::string(""),
           std::string("{}"),
           std::string("[]"),
           std::string("<html>"),
           std::string(R"({"type":"message_batch","id":"../x"})"),
           batch(R"("processing_status":"lost",)" + counts(1, 0)),
           batch(R"("processing_status":"ended",)" + counts(-1, 0)),
           batch(R"("processing_status":"ended")"),
           batch(R"("processing_status":"ended","created_at":"now",)" + counts(1, 0)),
       }) {
    EXPECT_FALSE(batch_status(body)) << body;
  }
}

TEST(BatchListTest, PagesAreReadAndTellWhereTheNextBegins) {
  const auto page = [](const std::string& end) {
    return batch_list(R"({"data":[)" + kRunning + "]," + end + "}");
  };
  EXPECT_EQ(*page(R"("has_more":false,"last_id":"msgbatch_01A")"),
            (BatchList{.batches = {kRunningStatus}, .next_after = ""}));
  EXPECT_EQ(page(R"("has_more":true,"last_id":"msgbatch_01A")")->next_after, "msgbatch_01A");
  EXPECT_FALSE(page(R"("has_more":true,"last_id":"msgbatch_00")"));
  EXPECT_FALSE(page(R"("has_more":true)"));
  EXPECT_FALSE(batch_list(R"({"data":[{}],"has_more":false})"));
  EXPECT_FALSE(batch_list("{}"));
}

// ---- results ----

const std::string kSucceeded =
    R"({"custom_id":"c1","result":{"type":"succeeded","message":{"id":"msg_y","type":"message",)"
    R"("role":"assistant","content":[{"type":"text","text":"Done é"},)"
    R"({"type":"tool_use","id":"t","name":"n","input":{"k":1}}],"model":"claude-haiku-4-5",)"
    R"("stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":5,)"
    R"("service_tier":"batch"}}}})";
std::string errored(const std::string& type, const std::string& words = "no") {
  return R"({"custom_id":"c2","result":{"type":"errored","error":{"type":"error","error":{"type":")" +
         type + R"(","message":")" + words + R"("},"request_id":"req_9"}}})";
}

struct Read {
  std::vector<std::pair<std::string, CallOutcome>> items;
  Status end;
};
Read read(const std::string& body, std::size_t piece = 1u << 30) {
  Read result;
  BatchResults results;
  const auto keep = [&](std::string_view id, CallOutcome outcome) {
    result.items.emplace_back(id, std::move(outcome));
  };
  for (std::size_t at = 0; at < body.size(); at += piece) {
    results.feed(std::string_view(body).substr(at, piece), keep);
  }
  result.end = results.end(keep);
  return result;
}
CallNotBilled not_billed(const std::string& line) {
  const Read result = read(line);
  EXPECT_TRUE(result.end);
  const auto* found =
      result.items.empty() ? nullptr : std::get_if<CallNotBilled>(&result.items[0].second);
  if (found == nullptr) ADD_FAILURE() << "not an item that was not billed: " << line;
  return found != nullptr ? *found : CallNotBilled{};
}

TEST(BatchResultsTest, ASucceededItemIsSettledAsAnAnswerOfItsOwn) {
  const Read result = read(kSucceeded);
  ASSERT_TRUE(result.end);
  ASSERT_EQ(result.items.size(), 1u);
  EXPECT_EQ(result.items[0].first, "c1");
  const auto* answer = std::get_if<CallSettled>(&result.items[0].second);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->text, "Done é");
  EXPECT_EQ(answer->stop, StopReason::kToolUse);
  EXPECT_EQ(answer->usage.input, Tokens(9));
  EXPECT_EQ(answer->usage.output, Tokens(5));
  EXPECT_EQ(answer->tool_uses, (std::vector<ToolUse>{{"t", "n", R"({"k":1})"}}));
}

TEST(BatchResultsTest, AnErroredItemHasTheKindOfItsInnerError) {
  const std::pair<const char*, FailureKind> table[] = {
      {"invalid_request_error", FailureKind::kRejected},
      {"authentication_error", FailureKind::kDenied},
      {"permission_error", FailureKind::kDenied},
      {"billing_error", FailureKind::kSpendLimit},
      {"not_found_error", FailureKind::kRejected},
      {"request_too_large", FailureKind::kTooLarge},
      {"rate_limit_error", FailureKind::kThrottled},
      {"api_error", FailureKind::kUnavailable},
      {"overloaded_error", FailureKind::kUnavailable},
      {"error_of_tomorrow", FailureKind::kUnavailable},
  };
  for (const auto& [type, kind] : table) {
    EXPECT_EQ(to_string(not_billed(errored(type)).kind), to_string(kind)) << type;
  }
  const CallNotBilled error = not_billed(errored("invalid_request_error", "prompt is too long"));
  EXPECT_EQ(error.kind, FailureKind::kTooLarge);
  EXPECT_EQ(error.message,
            "the item of the batch ended with invalid_request_error: prompt is too long");
  EXPECT_EQ(error.request_id, "req_9");
}

TEST(BatchResultsTest, CancelledAndExpiredItemsAreNotBilled) {
  EXPECT_EQ(not_billed(R"({"custom_id":"c","result":{"type":"canceled"}})").kind,
            FailureKind::kWithdrawn);
  EXPECT_EQ(not_billed(R"({"custom_id":"c","result":{"type":"expired"}})").kind,
            FailureKind::kExpired);
}

TEST(BatchResultsTest, AnItemThatIsToldBadlyIsUnknown) {
  for (const char* result :
       {"null", "{}", R"({"type":"odd"})", R"({"type":"succeeded"})",
        R"({"type":"succeeded","message":{}})",
        R"({"type":"succeeded","message":{"type":"message","content":[],"usage":{}}})"}) {
    const Read told = read(fmt::format(R"({{"custom_id":"c","result":{}}})", result));
    EXPECT_TRUE(told.end);
    ASSERT_EQ(told.items.size(), 1u) << result;
    EXPECT_TRUE(std::holds_alternative<CallUnknown>(told.items[0].second)) << result;
  }
}

TEST(BatchResultsTest, LinesThatTellNoItemArePassedOverAndCounted) {
  const Read result = read("\n" + kSucceeded + "\r\nnot json\n{\"custom_id\":\"a b\"}\n" +
                           errored("api_error") + "\n\n");
  EXPECT_EQ(result.items.size(), 2u);
  ASSERT_FALSE(result.end);
  EXPECT_THAT(result.end.error().message,
              HasSubstr("2 of 6 lines of the batch's results cannot be read: line 3 is not JSON"));
}

TEST(BatchResultsTest, ALineWithoutEndIsPassedOverInsteadOfFillingTheMemory) {
  BatchResults results;
  int items = 0;
  const auto count = [&](std::string_view, const CallOutcome&) { ++items; };
  const std::string piece(1u << 20, 'x');
  for (int i = 0; i < 40; ++i) results.feed(piece, count);
  results.feed("\n" + kSucceeded, count);
  const Status end = results.end(count);
  EXPECT_EQ(items, 1);
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().message, HasSubstr("line 1 passes 32 MiB"));
}

RC_GTEST_PROP(BatchResultsProperty, WhereTheStreamIsCutDoesNotMatter, ()) {
  const std::string body = kSucceeded + "\n" + errored("api_error") + "\n" + kSucceeded;
  const Read result = read(body, *rc::gen::inRange<std::size_t>(1, 80));
  RC_ASSERT(result.end.ok());
  RC_ASSERT(result.items.size() == 3u);
  RC_ASSERT(std::get<CallSettled>(result.items[2].second).text == "Done é");
}

// ---- the small answers themselves ----

ApiReply::Outcome reply_of(int status, const std::string& body, const TransferEnd& transfer = {}) {
  ApiReply reply;
  if (status != 0) reply.head(status, {{"request-id", "req_1"}, {"retry-after", "3"}}, kCreated);
  reply.feed(body);
  return reply.end(transfer);
}

TEST(ApiReplyTest, ASuccessIsItsBodyAndARefusalIsProof) {
  EXPECT_EQ(std::get<std::string>(reply_of(200, "{}")), "{}");
  const auto refused = std::get<CallNotBilled>(reply_of(429, ""));
  EXPECT_EQ(refused.kind, FailureKind::kThrottled);
  EXPECT_EQ(refused.retry_after, Millis(3000));
  EXPECT_EQ(refused.request_id, "req_1");
  EXPECT_EQ(std::get<CallNotBilled>(reply_of(0, "", {.kind = Kind::kNeverSent})).kind,
            FailureKind::kUnreachable);
}

TEST(ApiReplyTest, WhatIsCutLeavesUnknownWhatCameOfTheRequest) {
  for (const ApiReply::Outcome& outcome :
       {reply_of(200, "{", {.kind = Kind::kBroken}), reply_of(0, "", {.kind = Kind::kBroken}),
        reply_of(502, "<html>"), reply_of(0, ""),
        reply_of(200, std::string(ApiReply::kMaxBytes + 1, ' '))}) {
    const auto* unknown = std::get_if<CallUnknown>(&outcome);
    ASSERT_NE(unknown, nullptr);
    EXPECT_EQ(unknown->kind, FailureKind::kCut);
  }
  EXPECT_EQ(std::get<CallUnknown>(reply_of(200, "", {.kind = Kind::kCancelled})).kind,
            FailureKind::kCancelled);
}

}  // namespace
}  // namespace baton
