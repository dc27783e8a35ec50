// sprint PLAN.json STATE: drives a sprint through the engine as `baton review` drives a review,
// with sockets, journal and all, and prints its ledger, folded from the journal, as JSON. The
// provider is where ANTHROPIC_BASE_URL says; the checkers are stand-ins, which do what they are
// given at no cost.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/check.h"
#include "base/embedded.h"
#include "core/pacer.h"
#include "report/cost_json.h"
#include "report/cost_report.h"
#include "shell/curl_client.h"
#include "shell/driver.h"
#include "shell/loop.h"
#include "sprint_plan.h"
#include "sprint_workflow.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

constexpr const char* kDeep = "claude-opus-4-7";
constexpr const char* kBalanced = "claude-sonnet-4-6";
constexpr const char* kFast = "claude-haiku-4-5";

// Without a cache: the same models, of which none caches anything.
Result<Catalog> catalog_for(const SprintPlan& plan) {
  const auto builtin = embedded_file("catalog/models.toml");
  BATON_CHECK(builtin.has_value());
  std::string overrides;
  if (!plan.cache) {
    for (const char* model : {kDeep, kBalanced, kFast})
      overrides += fmt::format("[[model]]\nid = \"{}\"\nmin_cacheable = 100_000_000\n", model);
  }
  return Catalog::parse(*builtin, overrides);
}

RunCreated created_by(const Blob& request) {
  RunCreated created;
  created.at = system_now();
  created.run = fmt::format("r-sprint{:06}", created.at.unix_ms() % 1'000'000);
  created.workflow = "sprint";
  created.title = "Cost benchmark";
  created.request = created.input = request.id;
  created.mode = "orchestrate";
  created.parallel = 64;
  return created;
}

class Drive {
 public:
  Drive(const SprintPlan& plan, const Catalog& catalog, const Endpoint& endpoint)
      : endpoint_(endpoint), workflow_(plan, catalog) {
    rules_.catalog = &catalog;
    rules_.models = {kFast, kBalanced, kDeep};
    // Who sends all at once waits for no answer either, as the pacer would.
    if (plan.gate > Millis(0)) rules_.pacer = &pacer_;
    rules_.longest_gate = plan.gate;
  }

  // The run's events, read back from its journal.
  Result<std::vector<Event>> run(const std::string& plan, const std::string& state) {
    Result<std::unique_ptr<Journal>> journal = open_sqlite_journal(
        state, [this](std::function<void()> work) { loop_.post(std::move(work)); });
    if (!journal) return journal.error();
    const std::unique_ptr<HttpClient> http = make_curl_client(loop_, {});
    Driver driver({loop_, **journal, *http, workflow_, rules_, endpoint_,
                   [this](const CheckerRequest&, std::function<void(Result<CheckersResult>)> done) {
                     loop_.post([done = std::move(done)] { done({"[]", {}, true}); });
                   },
                   [](const RunState&, const std::vector<Event>&) {},
                   [this](const Status& status) {
                     end_ = status;
                     loop_.stop();
                   },
                   Millis(50)});
    Blob request = make_blob(plan);
    RunCreated created = created_by(request);
    const RunId id = created.run;
    std::vector<Blob> texts;
    texts.push_back(std::move(request));
    loop_.post([&] { driver.begin(std::move(created), std::move(texts)); });
    loop_.run();
    if (!end_) return end_.error();
    return (*journal)->events(id);
  }

 private:
  const Endpoint& endpoint_;
  Loop loop_;
  Pacer pacer_;
  Rules rules_;
  Sprint workflow_;
  Status end_;
};

int fail(const Error& error) {
  fmt::print(stderr, "sprint: {}\n", error.message);
  return 1;
}

int run(const char* plan_file, const char* state) {
  std::ifstream in(plan_file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const Result<SprintPlan> plan = read_sprint_plan(text);
  if (!plan) return fail(plan.error());
  const Result<Catalog> catalog = catalog_for(*plan);
  if (!catalog) return fail(catalog.error());
  const Result<Endpoint> endpoint = endpoint_from_environment([](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
  if (!endpoint) return fail(endpoint.error());
  const Result<std::vector<Event>> events = Drive(*plan, *catalog, *endpoint).run(text, state);
  if (!events) return fail(events.error());
  const auto& end = std::get<RunEnded>(events->back());
  boost::json::object told{{"status", to_string(end.status)}, {"reason", end.reason}};
  told["cost"] = cost_object(cost_of(*events, *catalog, kDeep));
  fmt::print("{}\n", boost::json::serialize(told));
  return 0;
}

}  // namespace
}  // namespace baton

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "usage: sprint PLAN.json STATE\n");
    return 2;
  }
  return baton::run(arguments[1], arguments[2]);
}
