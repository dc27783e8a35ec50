#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "provider/messages.h"

namespace baton {
namespace {

using testing::HasSubstr;
using Kind = TransferEnd::Kind;

constexpr Instant kNow = Instant::from_unix_ms(1'795'197'891'000);  // 2026-11-20T18:04:51Z
const TransferEnd kComplete{};

std::string event(const std::string& type, const std::string& fields) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + fields + "}\n\n";
}
std::string start(const std::string& usage) {
  return event("message_start",
               R"(,"message":{"id":"msg_1","model":"claude-haiku-4-5","content":[],)"
               R"("usage":{)" +
                   usage + "}}");
}
std::string text_delta(const std::string& text) {
  return event("content_block_delta",
               R"(,"index":0,"delta":{"type":"text_delta","text":")" + text + "\"}");
}
std::string counts(const std::string& usage, const std::string& stop = "end_turn") {
  return event("message_delta",
               R"(,"delta":{"stop_reason":")" + stop + R"("},"usage":{)" + usage + "}");
}
const std::string kStop = event("message_stop", "");
const std::string kStart =
    start(R"("input_tokens":40,"cache_creation_input_tokens":30,"cache_read_input_tokens":8000,)"
          R"("cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},)"
          R"("output_tokens":1,"service_tier":"standard","server_tool_use":null)");
const Usage kInputSide{.input = Tokens(40),
                       .cache_write_5m = Tokens(10),
                       .cache_write_1h = Tokens(20),
                       .cache_read = Tokens(8000),
                       .output = Tokens(0)};

CallOutcome outcome_of(const std::string& body, const TransferEnd& transfer = kComplete,
                       int status = 200, const HttpHeaders& headers = {{"request-id", "req_1"}}) {
  MessagesReply reply;
  reply.head(status, headers, kNow);
  reply.feed(body, {});
  return reply.end(transfer);
}
CallSettled settled(const CallOutcome& outcome) {
  if (const auto* unknown = std::get_if<CallUnknown>(&outcome)) ADD_FAILURE() << unknown->message;
  const auto* found = std::get_if<CallSettled>(&outcome);
  return found != nullptr ? *found : CallSettled{};
}
CallUnknown unknown(const CallOutcome& outcome) {
  const auto* found = std::get_if<CallUnknown>(&outcome);
  if (found == nullptr) ADD_FAILURE() << "the outcome is known";
  return found != nullptr ? *found : CallUnknown{};
}
CallNotBilled refused(int status, const std::string& body, const HttpHeaders& headers = {}) {
  const CallOutcome outcome = outcome_of(body, kComplete, status, headers);
  const auto* found = std::get_if<CallNotBilled>(&outcome);
  if (found == nullptr) ADD_FAILURE() << "billed";
  return found != nullptr ? *found : CallNotBilled{};
}
std::string api_error(const std::string& type, const std::string& message,
                      const std::string& code = "") {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message + "\"" +
         (code.empty() ? "" : R"(,"details":{"error_code":")" + code + "\"}") +
         R"(},"request_id":"req_body"})";
}

// ---- answers ----

TEST(MessagesReplyTest, AWholeStreamIsSettledWithItsTextAndUsage) {
  const CallSettled reply = settled(outcome_of(
      kStart +
      event("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})") +
      event("ping", "") + text_delta("Hel") + text_delta("lo \\u00e9") +
      event("content_block_stop", R"(,"index":0)") + counts("\"output_tokens\":7") + kStop));
  Usage usage = kInputSide;
  usage.output = Tokens(7);
  EXPECT_EQ(reply.usage, usage);
  EXPECT_EQ(reply.text, "Hello é");
  EXPECT_EQ(reply.stop, StopReason::kEndTurn);
  EXPECT_EQ(reply.model, "claude-haiku-4-5");
  EXPECT_EQ(reply.request_id, "req_1");
}

TEST(MessagesReplyTest, TextIsShownPieceByPieceAsItComes) {
  MessagesReply reply;
  reply.head(200, {}, kNow);
  std::vector<std::string> pieces;
  const auto show = [&](std::string_view piece) { pieces.emplace_back(piece); };
  reply.feed(kStart + text_delta("one"), show);
  EXPECT_EQ(pieces, (std::vector<std::string>{"one"}));
  reply.feed(text_delta("two") + text_delta(""), show);
  EXPECT_EQ(pieces, (std::vector<std::string>{"one", "two"}));
}

TEST(MessagesReplyTest, OnlyTextBlocksMakeText) {
  const std::string thinking =
      event("content_block_delta", R"(,"delta":{"type":"thinking_delta","thinking":"hm"})") +
      event("content_block_delta", R"(,"delta":{"type":"input_json_delta","partial_json":"{"})") +
      event("some_new_event", R"(,"text":"no")") + "event: odd\ndata: not json\n\n";
  EXPECT_EQ(settled(outcome_of(kStart + thinking + text_delta("yes") +
                               counts("\"output_tokens\":7") + kStop))
                .text,
            "yes");
}

std::string block_start(const std::string& block) {
  return event("content_block_start", R"(,"index":0,"content_block":)" + block);
}
std::string delta(const std::string& fields) {
  return event("content_block_delta", R"(,"index":0,"delta":{)" + fields + "}");
}
const std::string kBlockStop = event("content_block_stop", R"(,"index":0)");
const std::string kEnd = counts("\"output_tokens\":7", "tool_use") + kStop;

TEST(MessagesReplyTest, AnswersBlocksCanBeSentBackAsTheyCame) {
  const CallSettled reply = settled(
      outcome_of(kStart + block_start(R"({"type":"thinking","thinking":"","signature":""})") +
                 delta(R"("type":"thinking_delta","thinking":"h\nm")") +
                 delta(R"("type":"signature_delta","signature":"Eq==")") + kBlockStop +
                 block_start(R"({"type":"redacted_thinking","data":"Zz"})") + kBlockStop +
                 block_start(R"({"type":"text","text":""})") + text_delta("I ") +
                 text_delta("look.") + kBlockStop +
                 block_start(R"({"type":"tool_use","id":"toolu_1","name":"read","input":{},)"
                             R"("caller":{"type":"direct"}})") +
                 delta(R"("type":"input_json_delta","partial_json":"")") +
                 delta(R"("type":"input_json_delta","partial_json":"{\"a\": 1.0, ")") +
                 delta(R"("type":"input_json_delta","partial_json":"\"b\":\"é\"}")") + kBlockStop +
                 block_start(R"({"type":"tool_use","id":"toolu_2","name":"list","input":{}})") +
                 kBlockStop + kEnd));
  EXPECT_EQ(reply.text, "I look.");
  EXPECT_EQ(reply.stop, StopReason::kToolUse);
  EXPECT_EQ(reply.tool_uses, (std::vector<ToolUse>{{"toolu_1", "read", R"({"a": 1.0, "b":"é"})"},
                                                   {"toolu_2", "list", "{}"}}));
  EXPECT_EQ(reply.content,
            R"([{"type":"thinking","thinking":"h\nm","signature":"Eq=="},)"
            R"({"type":"redacted_thinking","data":"Zz"},{"type":"text","text":"I look."},)"
            R"({"type":"tool_use","id":"toolu_1","name":"read","caller":{"type":"direct"},)"
            R"("input":{"a": 1.0, "b":"é"}},)"
            R"({"type":"tool_use","id":"toolu_2","name":"list","input":{}}])");
}

TEST(MessagesReplyTest, AWholeMessagesBlocksAreTheSame) {
  const CallSettled reply = settled(outcome_of(
      R"({"type":"message","model":"m","content":[{"type":"thinking","thinking":"hm",)"
      R"("signature":"s"},{"type":"text","text":"Do"},{"type":"tool_use","id":"t","name":"n",)"
      R"("input":{"k":[1]}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}})"));
  EXPECT_EQ(reply.content,
            R"([{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Do"},)"
            R"({"type":"tool_use","id":"t","name":"n","input":{"k":[1]}}])");
  EXPECT_EQ(reply.tool_uses, (std::vector<ToolUse>{{"t", "n", R"({"k":[1]})"}}));
}

TEST(MessagesReplyTest, AnAnswerOfOneTextNeedsNoBlocks) {
  EXPECT_EQ(settled(outcome_of(kStart + block_start(R"({"type":"text","text":"a"})") +
                               text_delta("b") + kBlockStop + kEnd))
                .content,
            "");
  EXPECT_EQ(settled(outcome_of(kStart + text_delta("b") + kEnd)).content, "");
  EXPECT_EQ(settled(outcome_of(kStart + block_start(R"({"type":"text","text":"a"})") +
                               block_start(R"({"type":"text","text":"b"})") + kEnd))
                .content,
            R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])");
}

TEST(MessagesReplyTest, ToolCallsThatWereCutAndEmptyTextAreNotSentBack) {
  const auto answer = [](const std::string& input) {
    return settled(
        outcome_of(kStart + block_start(R"({"type":"text","text":"\n"})") +
                   block_start(R"({"type":"tool_use","id":"t","name":"n","input":{}})") +
                   delta(R"("type":"input_json_delta","partial_json":")" + input + "\"") + kEnd));
  };
  for (const char* cut : {R"({\"a\":)", "[]", "7", "{}}", "}"}) {
    EXPECT_EQ(answer(cut).tool_uses, std::vector<ToolUse>{}) << cut;
    EXPECT_EQ(answer(cut).content, "[]") << cut;
  }
  EXPECT_EQ(answer("{}").content, R"([{"type":"tool_use","id":"t","name":"n","input":{}}])");
}

TEST(MessagesReplyTest, BlocksWithoutEndAreRefusedInsteadOfFillingTheMemory) {
  MessagesReply reply;
  reply.head(200, {}, kNow);
  reply.feed(kStart + block_start(R"({"type":"thinking","thinking":""})"), {});
  const std::string piece =
      delta(R"("type":"thinking_delta","thinking":")" + std::string(1u << 20, 'x') + "\"");
  for (int i = 0; i < 20; ++i) reply.feed(piece, {});
  EXPECT_TRUE(reply.broken());
  EXPECT_THAT(unknown(reply.end(kComplete)).message, HasSubstr("blocks pass 16 MiB"));
}

TEST(MessagesReplyTest, AnAnswerHasBegunWithItsFirstEvent) {
  MessagesReply reply;
  reply.head(200, {}, kNow);
  EXPECT_FALSE(reply.begun());
  reply.feed(kStart, {});
  EXPECT_TRUE(reply.begun());
}

TEST(MessagesReplyTest, CacheWritesWithoutASplitAreOfTheTimeTheRequestAskedFor) {
  MessagesReply reply(CacheTtl::k1Hour);
  reply.head(200, {}, kNow);
  reply.feed(start(R"("input_tokens":5,"cache_creation_input_tokens":600)") + kEnd, {});
  EXPECT_EQ(settled(reply.end(kComplete)).usage.cache_write_1h, Tokens(600));
}

TEST(MessagesReplyTest, NullAndAbsentCountsAreZeroAndADeltaWithoutTheSplitKeepsIt) {
  EXPECT_EQ(settled(outcome_of(start(R"("input_tokens":5,"cache_creation_input_tokens":null,)"
                                     R"("cache_creation":null)") +
                               counts("\"output_tokens\":2") + kStop))
                .usage,
            (Usage{.input = Tokens(5),
                   .cache_write_5m = {},
                   .cache_write_1h = {},
                   .cache_read = {},
                   .output = Tokens(2)}));
  EXPECT_EQ(settled(outcome_of(kStart + counts(R"("output_tokens":2)") +
                               counts(R"("output_tokens":9,"input_tokens":41,)"
                                      R"("cache_creation_input_tokens":35)") +
                               kStop))
                .usage,
            (Usage{.input = Tokens(41),
                   .cache_write_5m = Tokens(15),
                   .cache_write_1h = Tokens(20),
                   .cache_read = Tokens(8000),
                   .output = Tokens(9)}));
}

TEST(MessagesReplyTest, CacheWritesWithoutASplitAreTheFiveMinutesWeAskFor) {
  EXPECT_EQ(settled(outcome_of(start(R"("input_tokens":5,"cache_creation_input_tokens":600)") +
                               counts("\"output_tokens\":2") + kStop))
                .usage.cache_write_5m,
            Tokens(600));
}

TEST(MessagesReplyTest, StopReasonsAreReadAndNewOnesAreOther) {
  const auto stop_of = [](const std::string& word) {
    return settled(outcome_of(kStart + counts("\"output_tokens\":0", word) + kStop)).stop;
  };
  EXPECT_EQ(stop_of("refusal"), StopReason::kRefusal);
  EXPECT_EQ(stop_of("max_tokens"), StopReason::kMaxTokens);
  EXPECT_EQ(stop_of("model_context_window_exceeded"), StopReason::kWindowExceeded);
  EXPECT_EQ(stop_of("bored"), StopReason::kOther);
}

TEST(MessagesReplyTest, AGatewayThatAnswersWithoutStreamingIsUnderstood) {
  const std::string body =
      R"( {"type":"message","model":"m","content":[{"type":"thinking","thinking":"hm"},)"
      R"({"type":"text","text":"Do"},{"type":"text","text":"ne."}],"stop_reason":"max_tokens",)"
      R"("usage":{"input_tokens":31,"output_tokens":64}} )";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    MessagesReply reply;
    reply.head(200, {{"content-type", "application/json"}}, kNow);
    std::string shown;
    const auto show = [&](std::string_view piece) { shown += piece; };
    reply.feed(body.substr(0, cut), show);
    reply.feed(body.substr(cut), show);
    const CallSettled answer = settled(reply.end(kComplete));
    EXPECT_EQ(answer.text, "Done.");
    EXPECT_EQ(shown, "Done.");
    EXPECT_EQ(answer.stop, StopReason::kMaxTokens);
    EXPECT_EQ(answer.usage.output, Tokens(64));
  }
}

TEST(MessagesReplyTest, EventsWithoutNamesAreToldByTheirType) {
  std::string body = kStart + text_delta("x") + counts("\"output_tokens\":1") + kStop;
  for (std::size_t at = 0; (at = body.find("event: ", at)) != body.npos;) {
    body.erase(at, body.find('\n', at) + 1 - at);
  }
  EXPECT_EQ(settled(outcome_of(body + "data: [DONE]\n\n")).text, "x");
}

TEST(MessagesReplyTest, ABreakAfterTheLastEventLosesNothing) {
  const std::string body = kStart + text_delta("x") + counts("\"output_tokens\":1") + kStop;
  EXPECT_EQ(settled(outcome_of(body, {.kind = Kind::kBroken})).text, "x");
  EXPECT_EQ(settled(outcome_of(body, {.kind = Kind::kCancelled})).text, "x");
}

RC_GTEST_PROP(MessagesReplyProperty, WhereTheStreamIsCutDoesNotMatter, ()) {
  const std::string body = kStart + text_delta("Hel\\\"lo") + event("ping", "") +
                           text_delta("\u00e9\u20ac") + counts("\"output_tokens\":7") + kStop;
  MessagesReply reply;
  reply.head(200, {}, kNow);
  std::string shown;
  for (std::size_t at = 0; at < body.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 60);
    reply.feed(std::string_view(body).substr(at, length),
               [&](std::string_view piece) { shown += piece; });
    at += length;
  }
  const CallOutcome outcome = reply.end(kComplete);
  RC_ASSERT(std::holds_alternative<CallSettled>(outcome));
  RC_ASSERT(std::get<CallSettled>(outcome).text == "Hel\"loé€");
  RC_ASSERT(shown == "Hel\"loé€");
}

// ---- bills that are not known ----

TEST(MessagesReplyTest, ACutStreamLeavesTheBillUnknownWithTheInputSideSeen) {
  const std::string whole = kStart + text_delta("x") + counts("\"output_tokens\":1") + kStop;
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    const CallUnknown end =
        unknown(outcome_of(whole.substr(0, length), {.kind = Kind::kBroken, .message = "reset"}));
    EXPECT_EQ(end.kind, FailureKind::kCut);
    EXPECT_EQ(end.seen, length >= kStart.size() ? std::optional(kInputSide) : std::nullopt);
    EXPECT_EQ(end.request_id, "req_1");
  }
}

TEST(MessagesReplyTest, CountsWithoutTheEndOfTheAnswerAreNotABill) {
  EXPECT_THAT(unknown(outcome_of(kStart + counts("\"output_tokens\":1"))).message,
              HasSubstr("after its counts but before its end"));
}

TEST(MessagesReplyTest, AnEndWithoutCountsIsNotABill) {
  EXPECT_EQ(unknown(outcome_of(kStart + kStop)).seen, kInputSide);
  EXPECT_EQ(unknown(outcome_of(counts("\"output_tokens\":1") + kStop)).seen, std::nullopt);
}

TEST(MessagesReplyTest, AnErrorInMidStreamLeavesTheBillUnknown) {
  const CallUnknown end =
      unknown(outcome_of(kStart + text_delta("x") + "event: error\ndata: " +
                         api_error("overloaded_error", "Overloaded") + "\n\n" + kStop));
  EXPECT_EQ(end.kind, FailureKind::kCut);
  EXPECT_EQ(end.message,
            "the answer ended with overloaded_error: Overloaded; what it cost is not known");
  EXPECT_EQ(end.seen, kInputSide);
  EXPECT_EQ(unknown(outcome_of(kStart + "event: error\ndata: " +
                               api_error("billing_error", "no funds") + "\n\n"))
                .kind,
            FailureKind::kSpendLimit);
}

TEST(MessagesReplyTest, AnEventThatIsNotJsonLeavesTheBillUnknown) {
  const CallUnknown end =
      unknown(outcome_of(kStart + "event: content_block_delta\ndata: {\"type\":\x1B[31m\n\n" +
                         text_delta("x") + counts("\"output_tokens\":1") + kStop));
  EXPECT_EQ(end.seen, kInputSide);
  EXPECT_THAT(end.message, HasSubstr("'content_block_delta' is not JSON"));
  EXPECT_EQ(end.message.find('\x1B'), std::string::npos);
}

TEST(MessagesReplyTest, AbsurdUsageIsNotBelieved) {
  for (const char* count :
       {"-1", "\"12x\"", "12.5", "1099511627777", "1e400", "true", "[1]", "{}"}) {
    const std::string usage = R"("output_tokens":)" + std::string(count);
    const CallUnknown late = unknown(outcome_of(kStart + counts(usage) + kStop));
    EXPECT_EQ(late.seen, kInputSide) << count;
    const CallUnknown early = unknown(outcome_of(start(R"("input_tokens":)" + std::string(count)) +
                                                 counts("\"output_tokens\":1") + kStop));
    EXPECT_EQ(early.seen, std::nullopt) << count;
  }
  EXPECT_THAT(unknown(outcome_of(kStart + counts(R"("output_tokens":"12x")") + kStop)).message,
              HasSubstr(R"(usage.output_tokens is "12x", expected a count)"));
}

TEST(MessagesReplyTest, ACacheSplitLargerThanItsSumIsNotBelieved) {
  const CallUnknown end =
      unknown(outcome_of(start(R"("input_tokens":1,"cache_creation_input_tokens":5,)"
                               R"("cache_creation":{"ephemeral_5m_input_tokens":9})") +
                         counts("\"output_tokens\":1") + kStop));
  EXPECT_THAT(end.message, HasSubstr("less than the 9 of its split"));
  EXPECT_EQ(end.seen, std::nullopt);
}

TEST(MessagesReplyTest, SuccessWithoutAnAnswerIsNotABill) {
  for (const char* body : {"", "\n\n", "<html>Please log in</html>", "{", "{}", "null",
                           R"({"type":"message","usage":{"input_tokens":1,"output_tokens":1}})",
                           R"({"type":"error","error":{"type":"api_error","message":"x"}})"}) {
    EXPECT_EQ(unknown(outcome_of(body)).kind, FailureKind::kCut) << body;
  }
}

TEST(MessagesReplyTest, TextWithoutEndIsRefusedInsteadOfFillingTheMemory) {
  MessagesReply reply;
  reply.head(200, {}, kNow);
  reply.feed(kStart, {});
  const std::string piece = text_delta(std::string(1u << 20, 'x'));
  std::size_t shown = 0;
  for (int i = 0; i < 20; ++i) reply.feed(piece, [&](std::string_view t) { shown += t.size(); });
  EXPECT_EQ(shown, MessagesReply::kMaxTextBytes);
  EXPECT_THAT(unknown(reply.end(kComplete)).message, HasSubstr("passes 16 MiB"));
}

TEST(MessagesReplyTest, CancelledInMidAnswerIsUnknownAndCancelledUnsentCostNothing) {
  EXPECT_EQ(unknown(outcome_of(kStart, {.kind = Kind::kCancelled})).kind, FailureKind::kCancelled);
  MessagesReply unsent;
  const CallOutcome end =
      unsent.end({.kind = Kind::kCancelled, .message = "", .nothing_sent = true});
  ASSERT_TRUE(std::holds_alternative<CallNotBilled>(end));
  EXPECT_EQ(std::get<CallNotBilled>(end).kind, FailureKind::kCancelled);
}

TEST(MessagesReplyTest, OnlyProofThatNothingWasSentMakesASilentCallFree) {
  MessagesReply silent;
  EXPECT_EQ(
      unknown(silent.end({.kind = Kind::kBroken, .message = "timed out"})).message,
      "the answer broke off before anything came back (timed out); what it cost is not known");
  MessagesReply unsent;
  const CallOutcome end = unsent.end({.kind = Kind::kNeverSent, .message = "no route"});
  ASSERT_TRUE(std::holds_alternative<CallNotBilled>(end));
  EXPECT_EQ(std::get<CallNotBilled>(end).kind, FailureKind::kUnreachable);
  EXPECT_EQ(std::get<CallNotBilled>(end).http_status, 0);
}

// ---- error statuses ----

TEST(MessagesReplyTest, EachErrorStatusHasItsKind) {
  const struct {
    int status;
    std::string body;
    FailureKind kind;
  } table[] = {
      {400, api_error("invalid_request_error", "bad field"), FailureKind::kRejected},
      {400, api_error("invalid_request_error", "prompt is too long: 300000 tokens > 200000"),
       FailureKind::kTooLarge},
      {400, api_error("invalid_request_error", "You have reached your specified API usage limits."),
       FailureKind::kSpendLimit},
      {400, api_error("invalid_request_error", "no", "organization_on_hold"), FailureKind::kDenied},
      {401, api_error("authentication_error", "invalid x-api-key"), FailureKind::kDenied},
      {402, api_error("billing_error", "pay"), FailureKind::kSpendLimit},
      {403, api_error("permission_error", "no"), FailureKind::kDenied},
      {404, api_error("not_found_error", "model: claude-9"), FailureKind::kRejected},
      {408, "", FailureKind::kUnavailable},
      {409, api_error("conflict_error", "again"), FailureKind::kUnavailable},
      {413, "<html>413 Request Entity Too Large</html>", FailureKind::kTooLarge},
      {422, "{}", FailureKind::kRejected},
      {429, api_error("rate_limit_error", "slow down"), FailureKind::kThrottled},
      {429, api_error("rate_limit_error", "ramp", "ramp_limit_exceeded"), FailureKind::kThrottled},
      {429, api_error("rate_limit_error", "stop", "enforced_spend_limit_reached"),
       FailureKind::kSpendLimit},
      {429, api_error("rate_limit_error", "stop", "contract_spend_limit_reached"),
       FailureKind::kSpendLimit},
      {500, api_error("api_error", "oops"), FailureKind::kUnavailable},
      {503, "upstream connect error", FailureKind::kUnavailable},
      {504, api_error("timeout_error", "late"), FailureKind::kUnavailable},
      {529, api_error("overloaded_error", "Overloaded"), FailureKind::kUnavailable},
      {307, "", FailureKind::kRejected},
  };
  for (const auto& row : table) {
    const CallNotBilled end = refused(row.status, row.body);
    EXPECT_EQ(to_string(end.kind), to_string(row.kind)) << row.status << ' ' << row.body;
    EXPECT_EQ(end.http_status, row.status);
  }
}

TEST(MessagesReplyTest, AnErrorSaysStatusTypeCodeAndTheProvidersWords) {
  const CallNotBilled end =
      refused(429, api_error("rate_limit_error", "ramp\\u001b[31m up", "ramp_limit_exceeded"));
  EXPECT_EQ(
      end.message,
      "the provider answered HTTP 429, rate_limit_error (ramp_limit_exceeded): ramp\uFFFD[31m up");
  EXPECT_EQ(end.request_id, "req_body");
  EXPECT_EQ(refused(503, "x", {{"request-id", "req_head"}}).request_id, "req_head");
}

TEST(MessagesReplyTest, AGatewayThatGivesUpIsNoProofThatNothingWasBilled) {
  for (const int status : {500, 502, 504}) {
    EXPECT_EQ(unknown(outcome_of("<html>Bad Gateway</html>", kComplete, status)).kind,
              FailureKind::kCut);
  }
}

TEST(MessagesReplyTest, AnErrorStatusIsNotBilledEvenIfItsBodyBreaksOff) {
  const CallOutcome end = outcome_of("{\"type\":\"err", {.kind = Kind::kBroken}, 529);
  ASSERT_TRUE(std::holds_alternative<CallNotBilled>(end));
}

TEST(MessagesReplyTest, AnEndlessErrorBodyIsQuotedShort) {
  MessagesReply reply;
  reply.head(503, {}, kNow);
  for (int i = 0; i < 1000; ++i) reply.feed(std::string(1024, '\xFF'), {});
  const CallOutcome outcome = reply.end(kComplete);
  EXPECT_LT(std::get<CallNotBilled>(outcome).message.size(), 600u);
}

TEST(MessagesReplyTest, RetryAfterIsReadAsSecondsMillisecondsOrADate) {
  const auto wait_of = [](const HttpHeaders& headers) {
    return refused(429, "", headers).retry_after;
  };
  EXPECT_EQ(wait_of({{"retry-after", "7"}}), Millis(7000));
  EXPECT_EQ(wait_of({{"retry-after", "0.25"}}), Millis(250));
  EXPECT_EQ(wait_of({{"retry-after-ms", "1500"}, {"retry-after", "9"}}), Millis(1500));
  EXPECT_EQ(wait_of({{"retry-after", "9"}, {"retry-after-ms", "1500.5"}}), Millis(1501));
  EXPECT_EQ(wait_of({{"retry-after", "Fri, 20 Nov 2026 18:05:01 GMT"}}), Millis(10000));
  for (const char* odd : {"", "-5", "0", "soon", "nan", "inf", "1e300", "7 s",
                          "Fri, 20 Nov 2026 18:00:00 GMT", "Fri, 99 Foo 2026"}) {
    EXPECT_EQ(wait_of({{"retry-after", odd}}), std::nullopt) << odd;
  }
}

TEST(MessagesReplyTest, AProviderThatSaysNotToRetryIsObeyed) {
  const HttpHeaders headers{{"x-should-retry", "false"}};
  EXPECT_EQ(refused(529, "", headers).kind, FailureKind::kRejected);
  EXPECT_EQ(refused(401, "", headers).kind, FailureKind::kDenied);
  EXPECT_EQ(refused(529, "", {{"x-should-retry", "true"}}).kind, FailureKind::kUnavailable);
}

}  // namespace
}  // namespace baton
