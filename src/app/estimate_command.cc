// `baton estimate`: what a review would take, in each way it could go, and which it would. No paid
// call is made; the provider counts tokens for nothing, if asked to.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>

#include "app/commands.h"
#include "app/forecast_forms.h"
#include "app/review_input.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "base/json_fields.h"
#include "provider/error_reply.h"
#include "shell/curl_client.h"
#include "shell/loop.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAnswerBytes = 64u << 10;

// The same request without what only a call for an answer has.
Result<std::string> counting_body(const ModelRequest& request) {
  Result<json::object> body = parse_object(messages_body(request), "the request");
  if (!body) return body.error();
  body->erase("max_tokens");
  body->erase("stream");
  return json::serialize(*body);
}

// Answers to several requests at once, on a loop of its own.
class TokenCounter {
 public:
  explicit TokenCounter(const Endpoint& endpoint)
      : endpoint_(endpoint),
        http_(make_curl_client(loop_, {.silence_timeout = Millis::seconds(60)})) {}

  Result<std::vector<Tokens>> count(const std::vector<ModelRequest>& requests) {
    std::vector<std::string> bodies;
    for (const ModelRequest& request : requests) {
      Result<std::string> body = counting_body(request);
      if (!body) return body.error();
      bodies.push_back(std::move(*body));
    }
    answers_.resize(bodies.size());
    open_ = bodies.size();
    loop_.post([&] {
      for (std::size_t i = 0; i < bodies.size(); ++i) ask(std::move(bodies[i]), answers_[i]);
    });
    loop_.run();
    std::vector<Tokens> counts;
    for (const Answer& answer : answers_) {
      const Result<Tokens> tokens = read(answer);
      if (!tokens) return tokens.error();
      counts.push_back(*tokens);
    }
    return counts;
  }

 private:
  struct Answer {
    int status = 0;
    std::string body;
    TransferEnd end;
  };

  std::string url() const { return endpoint_.messages_url() + "/count_tokens"; }

  void ask(std::string body, Answer& answer) {
    HttpHandlers handlers;
    handlers.on_head = [&answer](int status, const HttpHeaders&) { answer.status = status; };
    handlers.on_body = [&answer](std::string_view bytes) {
      answer.body +=
          bytes.substr(0, kMostAnswerBytes - std::min(kMostAnswerBytes, answer.body.size()));
    };
    handlers.on_end = [this, &answer](const TransferEnd& end) {
      answer.end = end;
      if (--open_ == 0) loop_.stop();
    };
    http_->start({.url = url(), .headers = messages_headers(endpoint_), .body = std::move(body)},
                 std::move(handlers));
  }

  Result<Tokens> read(const Answer& answer) const {
    const auto failed = [&](std::string_view what) {
      return system_error(fmt::format(
          "counting tokens at {} failed: {}; nothing was spent, and without --count-tokens the "
          "prompts are estimated by their size",
          url(), what));
    };
    if (answer.end.kind != TransferEnd::Kind::kComplete) return failed(answer.end.message);
    boost::system::error_code error;
    const json::value body = json::parse(answer.body, error);
    if (answer.status < 200 || answer.status > 299) {
      const std::string words = error ? baton::quoted(answer.body) : words_of(api_error(&body));
      return failed(fmt::format("status {}, {}", answer.status, words));
    }
    const auto tokens =
        !error && body.is_object() ? integer_at(body.get_object(), "input_tokens") : std::nullopt;
    if (!tokens || *tokens < 0)
      return failed(fmt::format("the answer has no input_tokens: {}", baton::quoted(answer.body)));
    return Tokens(*tokens);
  }

  const Endpoint& endpoint_;
  Loop loop_;
  std::unique_ptr<HttpClient> http_;
  std::vector<Answer> answers_;
  std::size_t open_ = 0;
};

Result<std::optional<CountedPrompts>> counted_prompts(const Change& change, const Tables& tables,
                                                      const RunRequest& request) {
  const Result<Endpoint> where = endpoint();
  if (!where) return where.error();
  if (where->credentials.empty()) {
    return usage_error(
        "--count-tokens asks the provider, at no cost, and needs a key: set ANTHROPIC_API_KEY or "
        "ANTHROPIC_AUTH_TOKEN, or leave it out");
  }
  const Result<std::vector<Tokens>> counts =
      TokenCounter(*where).count({first_request(change, tables, request, Way::kOrchestrate),
                                  first_request(change, tables, request, Way::kDirect)});
  if (!counts) return counts.error();
  return std::optional(CountedPrompts{counts->at(0), counts->at(1)});
}

// Looking ahead makes no state folder: without one there is no history.
Result<std::vector<PastRun>> history_of(const StoreOptions& options, const std::string& project) {
  const Result<StorePlace> place = store_place(options);
  if (!place) return place.error();
  std::error_code error;
  if (!place->is_shared() && !std::filesystem::exists(place->state, error))
    return std::vector<PastRun>();
  const Result<std::unique_ptr<Journal>> journal = open_existing(*place);
  if (!journal) return journal.error();
  return project_history(**journal, project);
}

Result<std::string> estimate_text(const EstimateOptions& options) {
  const Result<RunRequest> request = read_options(options.review);
  if (!request) return request.error();
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return tables.error();
  if (Status priced = check_prices(*request, tables->catalog); !priced) return priced.error();
  const Result<Change> change = read_input(options.review);
  if (!change) return change.error();
  if (change->files.empty())
    return usage_error(fmt::format("{}: there is nothing to review", change->title));
  const Result<std::vector<PastRun>> history = history_of(options.review, request->project);
  if (!history) return history.error();
  Estimate estimate;
  if (options.count_tokens) {
    const auto counted = counted_prompts(*change, *tables, *request);
    if (!counted) return counted.error();
    estimate.counted = *counted;
  }
  estimate.project = request->project;
  estimate.subject = what_is_reviewed(*change);
  estimate.date = date_of(system_now());
  estimate.outlook = outlook_of(*change, *tables, *request, *history, estimate.counted);
  return request->format == "json" ? to_json(estimate) : to_terminal(estimate, output_style());
}

}  // namespace

ExitCode estimate_command(const EstimateOptions& options) {
  const Result<std::string> text = estimate_text(options);
  if (!text) return say(text.error());
  if (Status delivered = deliver(*text, options.review.output); !delivered)
    return say(delivered.error());
  return ExitCode::kDone;
}

}  // namespace baton
