#include "mock_api/service.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "mock_api/faults.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

const Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);

constexpr std::string_view kPlain =
    R"({"model":"claude-haiku-4-5","max_tokens":100,"messages":[{"role":"user","content":"hi"}]})";
constexpr std::string_view kStreamed =
    R"({"model":"claude-haiku-4-5","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"hi"}]})";

HttpRequest post(std::string_view body, std::string_view path = "/v1/messages") {
  return {.method = "POST", .target = path, .body = body, .api_key = "k", .version = "2023-06-01"};
}

// Sends the reply as the server does; returns what the client gets of it.
std::string deliver(Service& service, Reply reply, std::size_t steps = 1'000) {
  if (reply.call) service.began(*reply.call, kNoon);
  std::string out = std::move(reply.body);
  while (reply.stream && !reply.stream->done() && steps-- > 0) out += reply.stream->next();
  if (reply.call) {
    std::optional<std::size_t> sent;
    const bool part = reply.stream && (!reply.stream->done() || reply.stream->broken());
    if (part) sent = reply.stream->text_sent();
    service.ended(*reply.call, sent, kNoon);
  }
  return out;
}

json::value bill(Service& service) {
  return json::parse(service.handle({.method = "GET", .target = "/__bill"}, kNoon).body);
}
std::string total(Service& service) {
  return std::string(bill(service).at("total_usd").as_string());
}

TEST(ServiceTest, AnAnswerIsBilledByItsOwnUsage) {
  Service service({}, Script());
  const json::value message = json::parse(deliver(service, service.handle(post(kPlain), kNoon)));
  const json::value& usage = message.at("usage");
  EXPECT_EQ(usage.at("input_tokens").as_int64(), 1);
  EXPECT_EQ(usage.at("output_tokens").as_int64(), 16);
  EXPECT_EQ(total(service), "0.000081");
  EXPECT_EQ(message.at("model").as_string(), "claude-haiku-4-5-20251001");
}

TEST(ServiceTest, AStreamTheClientLeavesIsBilledForThePromptAndWhatWasSent) {
  Service service({.deltas = 10}, Script());
  deliver(service, service.handle(post(kStreamed), kNoon), /*steps=*/1);
  EXPECT_EQ(total(service), "0.000001");
  deliver(service, service.handle(post(kStreamed), kNoon), /*steps=*/2);
  EXPECT_EQ(total(service), "0.000017") << "and one delta of 11 bytes";
}

TEST(ServiceTest, ErrorsAreCountedAndNotBilled) {
  Service service({.key = "right"}, Script());
  const Reply reply = service.handle(post(kPlain), kNoon);
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.call, nullptr);
  EXPECT_THAT(reply.body, HasSubstr(R"("type":"authentication_error")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("request_id":"req_)"));
  EXPECT_EQ(bill(service).at("requests").as_int64(), 1);
  EXPECT_EQ(total(service), "0.00");
}

TEST(ServiceTest, PathsAreMatchedWithoutTheirQuery) {
  Service service({}, Script());
  EXPECT_EQ(service.handle(post(kPlain, "/v1/messages?beta=true"), kNoon).status, 200);
  EXPECT_EQ(service.handle(post(kPlain, "/v1/message"), kNoon).status, 404);
}

TEST(ServiceTest, ARequestWithoutVersionOrJsonIsRefused) {
  Service service({}, Script());
  HttpRequest request = post(kPlain);
  request.version = {};
  EXPECT_THAT(service.handle(request, kNoon).body, HasSubstr("anthropic-version"));
  EXPECT_THAT(service.handle(post("{\"a\":"), kNoon).body, HasSubstr("not valid JSON"));
  EXPECT_EQ(service.handle(post("[]"), kNoon).status, 400);
  EXPECT_EQ(service.handle(post(std::string(100'000, '[')), kNoon).status, 400);
}

TEST(ServiceTest, TheSpendLimitStopsEverythingWithoutAHintToWait) {
  Service service(
      {.spend_limit = Money::parse("0.00008").ok() ? *Money::parse("0.00008") : Money()}, Script());
  deliver(service, service.handle(post(kPlain), kNoon));
  const Reply reply = service.handle(post(kPlain), kNoon);
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("enforced_spend_limit_reached"));
  for (const auto& [name, value] : reply.headers) EXPECT_NE(name, "retry-after");
}

TEST(ServiceTest, FaultsComeAtTheirRateAndAlwaysTheSame) {
  const FaultRates rates{.error_500 = 0.1, .error_529 = 0.1, .cut = 0.1};
  std::map<Fault, int> seen;
  for (std::int64_t request = 1; request <= 10'000; ++request) {
    const Fault fault = fault_of(rates, 7, request);
    ++seen[fault];
    EXPECT_EQ(fault, fault_of(rates, 7, request));
  }
  for (const Fault fault : {Fault::k500, Fault::k529, Fault::kCut}) {
    EXPECT_NEAR(seen[fault], 1'000, 120);
  }
  EXPECT_NEAR(seen[Fault::kNone], 7'000, 200);
}

TEST(ServiceTest, AForcedPlanPassesWholeAndCountsAsMaxTokens) {
  Service service({.plan_tasks = 500}, Script());
  const std::string body =
      R"({"model":"claude-haiku-4-5","max_tokens":200,"messages":[{"role":"user","content":"hi"}],)"
      R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object",)"
      R"("additionalProperties":false,"required":["tasks"],"properties":{"tasks":{"type":"array",)"
      R"("items":{"type":"object","additionalProperties":false,"required":["id"],)"
      R"("properties":{"id":{"type":"string"}}}}}}}}})";
  const json::value message = json::parse(deliver(service, service.handle(post(body), kNoon)));
  EXPECT_EQ(message.at("usage").at("output_tokens").as_int64(), 200);
  const json::value plan = json::parse(message.at("content").at(0).at("text").as_string());
  EXPECT_EQ(plan.at("tasks").as_array().size(), 500u);
}

TEST(ServiceTest, RequestsAreToldInTheirOrderAndForgottenOnReset) {
  Service service({}, Script());
  deliver(service, service.handle(post(kPlain), kNoon));
  deliver(service, service.handle(post(kStreamed), kNoon));
  const auto told = [&] {
    return json::parse(service.handle({.method = "GET", .target = "/__requests"}, kNoon).body)
        .as_array();
  };
  ASSERT_EQ(told().size(), 2u);
  EXPECT_EQ(told()[1].at("ordinal").as_int64(), 2);
  EXPECT_EQ(told()[1].at("charge_usd").as_string(), "0.000081");
  EXPECT_TRUE(told()[1].at("streamed").as_bool());
  service.handle({.method = "POST", .target = "/__reset"}, kNoon);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(total(service), "0.00");
}

}  // namespace
}  // namespace baton::mock_api
