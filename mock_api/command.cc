// `baton mock-api`: the command line.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "mock_api/mock_api.h"
#include "mock_api/models.h"
#include "mock_api/server.h"

namespace baton::mock_api {
namespace {

struct CommandLine {
  Options options;
  double fail_rate = 0;
  double answer_latency_ms = 0;
  std::string latency;
  double stream_seconds = 0;
  double plan_seconds = -1;
  double late_ms = 5'000;
  double batch_seconds = 0;
  double batch_cancel_seconds = 0;
  double batch_expires_seconds = 86'400;
  bool no_record = false;
  bool no_tool_prompt = false;
  std::vector<std::string> limits;
  std::string spend_limit;
};

void define(CLI::App& app, CommandLine& line) {
  Options& options = line.options;
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0: one the system chooses")
      ->capture_default_str();
  app.add_option("--key", options.key, "The only key accepted (default: any key)");
  app.add_option("--seed", options.seed, "Of answers and faults")->capture_default_str();
  app.add_option("--script", options.script, "JSON file of scripted answers")
      ->check(CLI::ExistingFile);
  app.add_flag("--no-record", line.no_record, "Do not keep what GET /__requests tells");

  const std::string speed = "How fast answers come";
  app.add_flag("--instant", options.instant, "No delays, the whole answer at once")->group(speed);
  app.add_option("--answer-latency", line.answer_latency_ms, "ms before each answer begins")
      ->check(CLI::NonNegativeNumber)
      ->group(speed);
  app.add_option("--latency-ms", line.latency, "MIN:MAX ms more, drawn for each request")
      ->group(speed);
  app.add_option("--stream-seconds", line.stream_seconds, "Spread each answer over this time")
      ->check(CLI::NonNegativeNumber)
      ->group(speed);
  app.add_option("--plan-seconds", line.plan_seconds,
                 "The same for answers that have `tasks`, instead of --stream-seconds")
      ->check(CLI::NonNegativeNumber)
      ->group(speed);
  app.add_option("--deltas", options.deltas, "Pieces a streamed answer comes in")
      ->check(CLI::Range(1, 1'000'000))
      ->group(speed);
  app.add_option("--tool-turns", options.tool_turns,
                 "With tools: call one in each of N-1 turns, then answer")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--tool-calls", options.tool_calls,
                 "Calls in each of those turns, if parallel calls are allowed")
      ->check(CLI::Range(1, 100));
  app.add_flag("--no-tool-prompt", line.no_tool_prompt,
               "Do not count the API's own words about tools");
  app.add_option("--output-tokens", options.output_tokens,
                 "Tokens of each answer, thinking included, as far as max_tokens allows")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--plan-tasks", options.plan_tasks, "Items in an answer's `tasks`")
      ->check(CLI::Range(1, 100'000));

  const std::string faults = "Faults, as chances per request";
  const auto rate = [&](const char* name, double& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::Range(0.0, 1.0))->group(faults);
  };
  rate("--fail-rate", line.fail_rate, "In equal parts 529, 500 and cut streams");
  rate("--rate-429", options.faults.error_429, "429 with retry-after: 1");
  rate("--rate-500", options.faults.error_500, "500 api_error");
  rate("--rate-529", options.faults.error_529, "529 overloaded_error");
  rate("--rate-cut", options.faults.cut, "The connection closes in mid-answer");
  rate("--rate-overloaded-midstream", options.faults.overloaded,
       "overloaded_error event in mid-stream");
  rate("--rate-malformed", options.faults.malformed, "A piece of the response is no JSON");
  rate("--rate-late", options.faults.late, "The answer begins --late-ms later");
  app.add_option("--late-ms", line.late_ms, "What --rate-late adds")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(faults);

  const std::string batches = "Message Batches";
  app.add_option("--batch-seconds", line.batch_seconds, "From a batch's creation to its end")
      ->check(CLI::NonNegativeNumber)
      ->group(batches);
  app.add_option("--batch-cancel-seconds", line.batch_cancel_seconds, "From its cancel to its end")
      ->check(CLI::NonNegativeNumber)
      ->group(batches);
  app.add_option("--batch-expires-seconds", line.batch_expires_seconds,
                 "After which what is not processed expires")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(batches);
  app.add_option("--rate-batch-errored", options.batches.errored, "Chance that an item is errored")
      ->check(CLI::Range(0.0, 1.0))
      ->group(batches);
  app.add_option("--rate-batch-expired", options.batches.expired, "Chance that an item expires")
      ->check(CLI::Range(0.0, 1.0))
      ->group(batches);
  app.add_option("--rate-batch-cache-miss", options.batches.cache_missed,
                 "Chance that an item finds nothing in the cache, and writes it anew")
      ->check(CLI::Range(0.0, 1.0))
      ->group(batches);
  app.add_option("--refuse-batch-create", options.batches.refused_creates,
                 "The first N creates are answered 529 and 500 in turn")
      ->check(CLI::NonNegativeNumber)
      ->group(batches);
  app.add_option("--cut-batch-create", options.batches.cut_creates,
                 "The first N creates succeed, but the connection closes instead of an answer")
      ->check(CLI::NonNegativeNumber)
      ->group(batches);

  const std::string limits = "Limits";
  const auto limit = [&](const char* name, std::int64_t& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::NonNegativeNumber)->group(limits);
  };
  limit("--rpm", options.limits.all.requests, "Requests a minute, per model class");
  limit("--itpm", options.limits.all.input_tokens, "Input tokens a minute; cache reads are free");
  limit("--otpm", options.limits.all.output_tokens, "Output tokens a minute");
  app.add_option("--limit", line.limits,
                 "CLASS=RPM:ITPM:OTPM, the same for one model class (opus-4, haiku-4-5, …)")
      ->group(limits);
  app.add_option("--burst-seconds", options.limits.burst_seconds,
                 "What a full bucket holds, in seconds of its refill")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(limits);
  app.add_option("--spend-limit", line.spend_limit,
                 "Dollars after which every call is a 429 enforced_spend_limit_reached")
      ->group(limits);
}

Millis from_ms(double ms) {
  return Millis(static_cast<std::int64_t>(ms));
}

// "opus-4=50:20000:4000".
Status settle_limit(const std::string& text, RateLimits& limits) {
  const std::size_t mark = text.find('=');
  const std::string name = text.substr(0, mark);
  const auto& models = all_models();
  const bool known = std::any_of(models.begin(), models.end(),
                                 [&](const Model& model) { return model.rate_class == name; });
  long long requests = -1, input = -1, output = -1;
  const bool read = mark != text.npos && std::sscanf(text.c_str() + mark + 1, "%lld:%lld:%lld",
                                                     &requests, &input, &output) == 3;
  if (!known || !read || requests < 0 || input < 0 || output < 0) {
    return usage_error(
        fmt::format("--limit: expected CLASS=RPM:ITPM:OTPM with a model class such as opus-4, "
                    "got '{}'",
                    text));
  }
  limits.named[name] = {.requests = requests, .input_tokens = input, .output_tokens = output};
  return {};
}

// What the parser cannot check by itself.
Status settle(CommandLine& line) {
  Options& options = line.options;
  options.record = !line.no_record;
  options.tool_prompt = !line.no_tool_prompt;
  options.answer_latency = from_ms(line.answer_latency_ms);
  options.stream_length = from_ms(line.stream_seconds * 1'000);
  if (line.plan_seconds >= 0) options.plan_length = from_ms(line.plan_seconds * 1'000);
  options.late = from_ms(line.late_ms);
  options.batches.length = from_ms(line.batch_seconds * 1'000);
  options.batches.cancel_length = from_ms(line.batch_cancel_seconds * 1'000);
  options.batches.expires = from_ms(line.batch_expires_seconds * 1'000);
  options.faults.error_529 += line.fail_rate / 3;
  options.faults.error_500 += line.fail_rate / 3;
  options.faults.cut += line.fail_rate / 3;
  if (!line.latency.empty()) {
    long min = 0;
    long max = 0;
    if (std::sscanf(line.latency.c_str(), "%ld:%ld", &min, &max) != 2 || min < 0 || max < min) {
      return usage_error(fmt::format("--latency-ms: expected MIN:MAX, got '{}'", line.latency));
    }
    options.latency_min = Millis(min);
    options.latency_max = Millis(max);
  }
  for (const std::string& limit : line.limits) {
    if (Status status = settle_limit(limit, options.limits); !status) return status;
  }
  if (!line.spend_limit.empty()) {
    const Result<Money> amount = Money::parse(line.spend_limit);
    if (!amount) return usage_error("--spend-limit: " + amount.error().message);
    options.spend_limit = *amount;
  }
  return {};
}

Result<Script> load_script(const std::string& path) {
  if (path.empty()) return Script();
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return system_error(fmt::format("script: cannot read '{}'", path));
  return Script::parse(text.str());
}

// A stream is a descriptor: the usual limit of 1,024 is far below what one thread can carry.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int complain(const Error& error) {
  fmt::print(stderr, "baton mock-api: {}\n", error.message);
  return error.kind == ErrorKind::kSystem ? 1 : 2;
}

}  // namespace

int main(int argc, const char* const* argv) {
  CLI::App app{
      "A stand-in for the Messages API on loopback, with a bill of its own (GET /__bill).\n"
      "GET /__requests lists what was asked, /__batches the batches, /__limits how far the rate\n"
      "limits were used; POST /__reset forgets it all.",
      "baton mock-api"};
  CommandLine line;
  define(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (Status status = settle(line); !status) return complain(status.error());
  Result<Script> script = load_script(line.options.script);
  if (!script) return complain(script.error());

  raise_descriptor_limit();
  const std::uint16_t port = line.options.port;
  Service service(std::move(line.options), std::move(*script));
  if (Status status = serve(service, port); !status) return complain(status.error());
  return 0;
}

}  // namespace baton::mock_api
