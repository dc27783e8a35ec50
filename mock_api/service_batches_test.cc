#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "mock_api/service.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);

Instant after(std::int64_t seconds) {
  return kNoon + Millis::seconds(seconds);
}

std::string item(const std::string& custom_id, const std::string& more = "") {
  return R"({"custom_id":")" + custom_id +
         R"(","params":{"model":"claude-haiku-4-5","max_tokens":100,)"
         R"("messages":[{"role":"user","content":"hi"}])" +
         more + "}}";
}

std::string batch_of(const std::vector<std::string>& items) {
  return fmt::format(R"({{"requests":[{}]}})", fmt::join(items, ","));
}

class BatchesTest : public testing::Test {
 protected:
  void serve(Options options, Script script = Script()) {
    service_ = std::make_unique<Service>(std::move(options), std::move(script));
  }

  Reply send(std::string_view method, std::string_view rest, Instant at, std::string_view body = "",
             std::string_view workspace = "") {
    const std::string target = "/v1/messages/batches" + std::string(rest);
    return service_->handle({.method = method,
                             .target = target,
                             .body = body,
                             .host = "localhost:1",
                             .api_key = "k",
                             .version = "2023-06-01",
                             .workspace = workspace},
                            at);
  }
  std::string create(const std::vector<std::string>& items, Instant at = kNoon) {
    const json::value batch = json::parse(send("POST", "", at, batch_of(items)).body);
    return std::string(batch.at("id").as_string());
  }
  json::value retrieve(const std::string& id, Instant at) {
    return json::parse(send("GET", "/" + id, at).body);
  }
  std::string status(const std::string& id, Instant at) {
    return std::string(retrieve(id, at).at("processing_status").as_string());
  }
  // "succeeded a", in the order they come.
  std::vector<std::string> results(const std::string& id, Instant at) {
    std::vector<std::string> list;
    std::istringstream lines(send("GET", "/" + id + "/results", at).body);
    for (std::string line; std::getline(lines, line);) {
      const json::value one = json::parse(line);
      list.push_back(std::string(one.at("result").at("type").as_string()) + " " +
                     std::string(one.at("custom_id").as_string()));
    }
    return list;
  }
  json::value get(std::string_view path, Instant at) {
    return json::parse(service_->handle({.method = "GET", .target = path}, at).body);
  }
  std::string total(Instant at) {
    return std::string(get("/__bill", at).at("total_usd").as_string());
  }
  std::string refusal(const std::string& body) {
    const Reply reply = send("POST", "", kNoon, body);
    return fmt::format("{} {}", reply.status,
                       std::string(json::parse(reply.body).at("error").at("message").as_string()));
  }

  std::unique_ptr<Service> service_ = std::make_unique<Service>(Options(), Script());
};

TEST_F(BatchesTest, ABatchIsToldInFullAndEndsWhenItsTimeHasPassed) {
  serve({.batches = {.length = Millis::seconds(10)}});
  const json::value created =
      json::parse(send("POST", "", kNoon, batch_of({item("a"), item("b")})).body);
  const std::string id(created.at("id").as_string());
  EXPECT_TRUE(id.starts_with("msgbatch_"));
  EXPECT_EQ(created,
            json::parse(fmt::format(
                R"({{"id":"{}","type":"message_batch","processing_status":"in_progress",)"
                R"("request_counts":{{"processing":2,"succeeded":0,"errored":0,"canceled":0,)"
                R"("expired":0}},"created_at":"{}","expires_at":"{}","ended_at":null,)"
                R"("cancel_initiated_at":null,"archived_at":null,"results_url":null}})",
                id, timestamp_of(kNoon), timestamp_of(after(86'400)))));
  EXPECT_EQ(retrieve(id, after(9)), created) << "nothing is told before the whole has ended";
  const json::value ended = retrieve(id, after(30));
  EXPECT_EQ(ended.at("processing_status").as_string(), "ended");
  EXPECT_EQ(ended.at("ended_at").as_string(), timestamp_of(after(10)));
  EXPECT_EQ(ended.at("request_counts").at("succeeded").as_int64(), 2);
  EXPECT_EQ(ended.at("request_counts").at("processing").as_int64(), 0);
  EXPECT_EQ(ended.at("results_url").as_string(),
            "http://localhost:1/v1/messages/batches/" + id + "/results");
}

TEST_F(BatchesTest, AnItemCostsHalfAndIsBilledOnceByItsOwnUsage) {
  const std::string id = create({item("a")});
  EXPECT_EQ(total(after(1)), "0.0000405") << "half of 0.000081, which the same call costs live";
  EXPECT_EQ(total(after(2)), "0.0000405");
  const json::value line = json::parse(send("GET", "/" + id + "/results", after(2)).body);
  const json::value& message = line.at("result").at("message");
  EXPECT_EQ(message.at("usage").at("service_tier").as_string(), "batch");
  EXPECT_EQ(message.at("usage").at("output_tokens").as_int64(), 16);
  const json::value record = get("/__requests", after(2)).at(0);
  EXPECT_TRUE(record.at("batch").as_bool());
  EXPECT_EQ(record.at("custom_id").as_string(), "a");
  EXPECT_EQ(record.at("batch_id").as_string(), id);
  EXPECT_EQ(record.at("message_id"), message.at("id"));
  EXPECT_EQ(record.at("charge_usd").as_string(), "0.0000405");
  EXPECT_EQ(get("/__bill", after(2)).at("batch").at("total_usd").as_string(), "0.0000405");
}

TEST_F(BatchesTest, CacheDiscountsStackWithTheBatchs) {
  const std::string marked = R"(,"system":[{"type":"text","text":")" + std::string(40'000, 'x') +
                             R"(","cache_control":{"type":"ephemeral","ttl":"1h"}}])";
  create({item("a", marked), item("b", marked)});
  const json::value bill = get("/__bill", after(1)).at("by_model").at("claude-haiku-4-5");
  EXPECT_EQ(bill.at("cache_creation_1h_input_tokens").as_int64(), 10'000);
  EXPECT_EQ(bill.at("cache_read_input_tokens").as_int64(), 10'000);
  // 10,000 written at $2, 10,000 read at $0.10, and two times the call of the test above; half.
  EXPECT_EQ(bill.at("total_usd").as_string(), "0.010581");
}

TEST_F(BatchesTest, CacheHitsAreBestEffort) {
  serve({.batches = {.cache_missed = 1}});
  const std::string marked = R"(,"system":[{"type":"text","text":")" + std::string(40'000, 'x') +
                             R"(","cache_control":{"type":"ephemeral"}}])";
  create({item("a", marked), item("b", marked)});
  const json::value bill = get("/__bill", after(1)).at("by_model").at("claude-haiku-4-5");
  EXPECT_EQ(bill.at("cache_creation_5m_input_tokens").as_int64(), 20'000);
  EXPECT_EQ(bill.at("cache_read_input_tokens").as_int64(), 0);
}

TEST_F(BatchesTest, ABadItemEndsErroredAndTheOthersDoNot) {
  const std::string id = create(
      {item("good"), item("streams", R"(,"stream":true)"), item("hot", R"(,"top_q":1)"),
       R"({"custom_id":"none","params":{"model":"claude-none","max_tokens":9,"messages":[]}})",
       R"({"custom_id":"empty","params":{}})"});
  EXPECT_THAT(results(id, after(1)),
              testing::UnorderedElementsAre("succeeded good", "errored streams", "errored hot",
                                            "errored none", "errored empty"));
  EXPECT_THAT(send("GET", "/" + id + "/results", after(1)).body,
              HasSubstr(R"("result":{"type":"errored","error":{"type":"error","error":)"
                        R"({"type":"not_found_error","message":"model: claude-none"},)"
                        R"("request_id":null}})"));
  EXPECT_EQ(retrieve(id, after(1)).at("request_counts").at("errored").as_int64(), 4);
  EXPECT_EQ(total(after(1)), "0.0000405");
}

TEST_F(BatchesTest, ResultsComeInAnOrderOfTheirOwn) {
  std::vector<std::string> items;
  for (int i = 0; i < 50; ++i) items.push_back(item(fmt::format("item-{:02}", i)));
  const std::string id = create(items);
  const std::vector<std::string> first = results(id, after(1));
  EXPECT_EQ(first.size(), 50u);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 50u);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
  EXPECT_EQ(first, results(id, after(2))) << "and always the same";
}

TEST_F(BatchesTest, ACancelEndsWhatWasNotProcessedAndKeepsTheRest) {
  serve({.batches = {.length = Millis::seconds(10), .cancel_length = Millis::seconds(2)}});
  const std::string id = create({item("a"), item("b"), item("c"), item("d"), item("e")});
  const json::value canceling = json::parse(send("POST", "/" + id + "/cancel", after(5)).body);
  EXPECT_EQ(canceling.at("processing_status").as_string(), "canceling");
  EXPECT_EQ(canceling.at("cancel_initiated_at").as_string(), timestamp_of(after(5)));
  EXPECT_EQ(status(id, after(6)), "canceling");
  EXPECT_EQ(status(id, after(7)), "ended");
  EXPECT_THAT(results(id, after(20)),
              testing::UnorderedElementsAre("succeeded a", "succeeded b", "canceled c",
                                            "canceled d", "canceled e"));
  EXPECT_EQ(total(after(20)), "0.000081") << "two items, at half price";
}

TEST_F(BatchesTest, WhatIsNotProcessedInTimeExpires) {
  serve({.batches = {.length = Millis::seconds(10), .expires = Millis::seconds(5)}});
  const std::string id = create({item("a"), item("b"), item("c"), item("d")});
  EXPECT_EQ(status(id, after(4)), "in_progress");
  EXPECT_EQ(retrieve(id, after(5)).at("request_counts").at("expired").as_int64(), 2);
  EXPECT_EQ(total(after(20)), "0.000081");
}

TEST_F(BatchesTest, SeededFaultsOfItemsAreNotBilled) {
  serve({.batches = {.errored = 0.3, .expired = 0.3}});
  std::vector<std::string> items;
  for (int i = 0; i < 300; ++i) items.push_back(item(fmt::format("i{}", i)));
  const std::string id = create(items);
  const json::value counts = retrieve(id, after(1)).at("request_counts");
  EXPECT_NEAR(static_cast<double>(counts.at("errored").as_int64()), 90, 30);
  EXPECT_NEAR(static_cast<double>(counts.at("expired").as_int64()), 90, 30);
  const std::int64_t succeeded = counts.at("succeeded").as_int64();
  EXPECT_EQ(total(after(1)), (Money::pico(40'500'000) * succeeded).to_string());
}

TEST_F(BatchesTest, ListsGoFromTheNewestInPagesOfOneWorkspace) {
  const std::string first = create({item("a")});
  const std::string second = create({item("a")});
  const std::string third = create({item("a")});
  const auto ids = [&](const std::string& query, std::string_view workspace = "") {
    const json::value page = json::parse(send("GET", query, after(1), "", workspace).body);
    std::vector<std::string> list{page.at("has_more").as_bool() ? "more" : "all"};
    for (const json::value& batch : page.at("data").as_array()) {
      list.emplace_back(batch.at("id").as_string());
    }
    return list;
  };
  EXPECT_THAT(ids(""), ElementsAre("all", third, second, first));
  EXPECT_THAT(ids("?limit=2"), ElementsAre("more", third, second));
  EXPECT_THAT(ids("?limit=2&after_id=" + second), ElementsAre("all", first));
  EXPECT_THAT(ids("?limit=1&before_id=" + first), ElementsAre("more", second));
  EXPECT_THAT(ids("", "other"), ElementsAre("all"));
  EXPECT_EQ(send("GET", "/" + first, after(1), "", "other").status, 404);
}

TEST_F(BatchesTest, OnlyAnEndedBatchIsDeletedOrHasResults) {
  serve({.batches = {.length = Millis::seconds(10)}});
  const std::string id = create({item("a")});
  EXPECT_EQ(send("DELETE", "/" + id, after(1)).status, 400);
  EXPECT_EQ(send("GET", "/" + id + "/results", after(1)).status, 400);
  EXPECT_EQ(send("POST", "/" + id + "/cancel", after(11)).status, 400) << "it has ended";
  EXPECT_EQ(send("DELETE", "/" + id, after(11)).body,
            R"({"id":")" + id + R"(","type":"message_batch_deleted"})");
  EXPECT_EQ(send("GET", "/" + id, after(11)).status, 404);
}

TEST_F(BatchesTest, ACreateMayBeRefusedOrSucceedWithoutAnAnswer) {
  serve({.batches = {.refused_creates = 2, .cut_creates = 1}});
  const std::string body = batch_of({item("a")});
  EXPECT_EQ(send("POST", "", kNoon, body).status, 529);
  EXPECT_EQ(send("POST", "", kNoon, body).status, 500);
  EXPECT_EQ(get("/__batches", kNoon).as_array().size(), 0u);
  EXPECT_TRUE(send("POST", "", kNoon, body).unsaid);
  const json::array made = get("/__batches", kNoon).as_array();
  ASSERT_EQ(made.size(), 1u) << "it is there all the same";
  EXPECT_TRUE(made[0].at("answer_cut").as_bool());
  EXPECT_EQ(made[0].at("custom_ids").at(0).as_string(), "a");
  EXPECT_FALSE(send("POST", "", kNoon, body).unsaid);
}

TEST_F(BatchesTest, ABatchThatIsWrongAsAWholeIsRefusedAtOnce) {
  EXPECT_EQ(refusal("{}"), "400 requests: Field required");
  EXPECT_EQ(refusal(R"({"requests":[]})"), "400 requests: List should have at least 1 item");
  EXPECT_EQ(refusal(batch_of({item("a b")})),
            "400 requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
  EXPECT_EQ(refusal(batch_of({item(std::string(65, 'a'))})),
            "400 requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
  EXPECT_EQ(refusal(batch_of({item("a"), item("a")})),
            "400 requests.1.custom_id: 'a' is not unique in the batch");
  EXPECT_EQ(refusal(R"({"requests":[{"custom_id":"a"}]})"),
            "400 requests.0.params: Field required");
  EXPECT_EQ(refusal(R"({"requests":[{"custom_id":"a","params":{},"method":1}]})"),
            "400 requests.0.method: Extra inputs are not permitted");
  std::vector<std::string> many;
  for (int i = 0; i <= 100'000; ++i)
    many.push_back(fmt::format(R"({{"custom_id":"{}","params":{{}}}})", i));
  EXPECT_EQ(refusal(batch_of(many)), "400 requests: List should have at most 100000 items");
}

TEST_F(BatchesTest, AScriptSpeaksToBatchesToo) {
  serve({}, *Script::parse(R"({"rules":[{"match":{"batch":true,"contains":"hi"},"times":1,)"
                           R"("answer":{"status":529}},{"match":{"batch":false},)"
                           R"("answer":{"status":500}}]})"));
  const std::string id = create({item("a"), item("b")});
  EXPECT_THAT(results(id, after(1)), testing::UnorderedElementsAre("errored a", "succeeded b"));
}

}  // namespace
}  // namespace baton::mock_api
