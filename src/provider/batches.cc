#include "provider/batches.h"

#include <algorithm>
#include <boost/json.hpp>
#include <unordered_set>

#include "base/check.h"
#include "base/json_fields.h"
#include "base/json_string.h"
#include "provider/error_reply.h"
#include "provider/json_reader.h"
#include "provider/messages.h"
#include "provider/wire_time.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostCount = 1'000'000'000;
constexpr int kListPage = 100;

bool is_name(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

// It goes into URLs.
bool is_batch_id(std::string_view text) {
  return is_name(text, 128);
}

std::optional<BatchState> state_named(std::string_view name) {
  if (name == "in_progress") return BatchState::kInProgress;
  if (name == "canceling") return BatchState::kCanceling;
  if (name == "ended") return BatchState::kEnded;
  return std::nullopt;
}

Result<BatchCounts> counts_at(JsonFields batch) {
  const json::object* told = object_at(batch, "request_counts");
  BatchCounts counts;
  const std::pair<const char*, std::int64_t*> fields[] = {{"processing", &counts.processing},
                                                          {"succeeded", &counts.succeeded},
                                                          {"errored", &counts.errored},
                                                          {"canceled", &counts.canceled},
                                                          {"expired", &counts.expired}};
  for (const auto& [name, count] : fields) {
    const auto number = integer_at(told, name);
    if (!number || *number < 0 || *number > kMostCount) {
      return input_error(fmt::format("request_counts.{} is no count", name));
    }
    *count = *number;
  }
  return counts;
}

Result<BatchStatus> status_of(JsonFields batch) {
  BatchStatus status;
  status.id = text_at(batch, "id");
  if (text_at(batch, "type") != "message_batch" || !is_batch_id(status.id)) {
    return input_error("the answer is not a message batch");
  }
  const auto bad = [&](std::string_view what) {
    return input_error(fmt::format("the batch {}: {}", status.id, what));
  };
  const auto state = state_named(text_at(batch, "processing_status"));
  if (!state) return bad("its processing_status is not a known one");
  const Result<BatchCounts> counts = counts_at(batch);
  if (!counts) return bad(counts.error().message);
  const auto created = wire_time(text_at(batch, "created_at"));
  if (!created) return bad("its created_at is no time");
  status.state = *state;
  status.counts = *counts;
  status.created_at = *created;
  status.expires_at = wire_time(text_at(batch, "expires_at"));
  status.ended_at = wire_time(text_at(batch, "ended_at"));
  status.has_results = !text_at(batch, "results_url").empty();
  return status;
}

Result<const json::value*> read(std::string_view body) {
  JsonReader& reader = json_reader();
  const json::value* value = reader.read(body);
  if (value == nullptr) {
    return input_error(fmt::format("the answer is not JSON ({})", reader.error()));
  }
  return value;
}

// ---- results ----

CallOutcome unknown_item(std::string message) {
  return CallUnknown{.kind = FailureKind::kCut,
                     .message = std::move(message) + "; what it cost is not known",
                     .seen = std::nullopt,
                     .request_id = ""};
}

// As if the message had come by itself.
CallOutcome succeeded(const json::value* message, CacheTtl ttl) {
  if (message == nullptr) return unknown_item("the item succeeded without a message");
  // Its own text: what stands in the reader's memory does not outlive the next read.
  const std::string text = json::serialize(*message);
  MessagesReply reply(ttl);
  reply.head(200, {}, Instant());
  reply.feed(text, {});
  return reply.end({});
}

CallOutcome outcome_of(JsonFields result, CacheTtl ttl) {
  const std::string_view type = text_at(result, "type");
  if (type == "succeeded") return succeeded(value_at(result, "message"), ttl);
  if (type == "errored") {
    const ApiError error = api_error(value_at(result, "error"));
    return CallNotBilled{.kind = kind_of_item_error(error),
                         .message = "the item of the batch ended with " + words_of(error),
                         .request_id = error.request_id};
  }
  if (type == "canceled") {
    return CallNotBilled{.kind = FailureKind::kWithdrawn,
                         .message = "the batch was cancelled before this item was begun"};
  }
  if (type == "expired") {
    return CallNotBilled{.kind = FailureKind::kExpired,
                         .message = "the batch ran out of its time before this item was begun"};
  }
  return unknown_item(fmt::format("the item ended with the unknown result '{}'", quoted(type)));
}

}  // namespace

bool is_custom_id(std::string_view text) {
  return is_name(text, 64);
}

Result<std::string> batch_body(const std::vector<BatchItem>& items) {
  if (items.empty()) return input_error("a batch needs an item");
  if (items.size() > kMostBatchItems) {
    return input_error(
        fmt::format("a batch takes at most {} items, these are {}", kMostBatchItems, items.size()));
  }
  std::size_t bytes = 32;
  std::unordered_set<std::string_view> ids;
  for (const BatchItem& item : items) {
    if (!is_custom_id(item.custom_id) || !ids.insert(item.custom_id).second) {
      return input_error(fmt::format("the custom id '{}' is none, or stands twice in its batch",
                                     quoted(item.custom_id)));
    }
    bytes += item.custom_id.size() + item.params.size() + 40;
  }
  if (bytes > kMostBatchBytes) {
    return input_error(fmt::format("a batch takes at most {} bytes, this one has about {}",
                                   kMostBatchBytes, bytes));
  }
  std::string out;
  out.reserve(bytes);
  out += R"({"requests":[)";
  for (const BatchItem& item : items) {
    if (&item != &items.front()) out += ',';
    out += R"({"custom_id":)";
    append_json_string(out, item.custom_id);
    out += R"(,"params":)";
    out += item.params;
    out += '}';
  }
  out += "]}";
  return out;
}

Result<BatchStatus> batch_status(std::string_view body) {
  const Result<const json::value*> answer = read(body);
  if (!answer) return answer.error();
  return status_of(*answer);
}

Result<BatchList> batch_list(std::string_view body) {
  const Result<const json::value*> answer = read(body);
  if (!answer) return answer.error();
  const json::array* data = array_at(*answer, "data");
  if (data == nullptr) return input_error("the answer is not a list of batches");
  BatchList list;
  for (const json::value& batch : *data) {
    Result<BatchStatus> status = status_of(batch);
    if (!status) return status.error();
    list.batches.push_back(std::move(*status));
  }
  if (bool_at(*answer, "has_more").value_or(false)) {
    list.next_after = text_at(*answer, "last_id");
    // Else the same page would be asked for without end.
    if (list.batches.empty() || list.next_after != list.batches.back().id) {
      return input_error("the list of batches goes on behind a batch it does not show");
    }
  }
  return list;
}

std::string batches_url(const Endpoint& endpoint) {
  return endpoint.messages_url() + "/batches";
}

std::string batches_list_url(const Endpoint& endpoint, std::string_view after) {
  std::string url = fmt::format("{}?limit={}", batches_url(endpoint), kListPage);
  if (after.empty()) return url;
  BATON_CHECK(is_batch_id(after));
  return url + fmt::format("&after_id={}", after);
}

std::string batch_url(const Endpoint& endpoint, std::string_view id) {
  BATON_CHECK(is_batch_id(id));
  return fmt::format("{}/{}", batches_url(endpoint), id);
}

std::string batch_cancel_url(const Endpoint& endpoint, std::string_view id) {
  return batch_url(endpoint, id) + "/cancel";
}

std::string batch_results_url(const Endpoint& endpoint, std::string_view id) {
  return batch_url(endpoint, id) + "/results";
}

void BatchResults::pass_over(std::string why) {
  if (++passed_over_ == 1) first_problem_ = fmt::format("line {} {}", lines_, why);
}

void BatchResults::end_line(std::string_view line, const OnItem& on_item) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == line.npos) return;
  JsonReader& reader = json_reader();
  const json::value* told = reader.read(line);
  if (told == nullptr) return pass_over(fmt::format("is not JSON ({})", reader.error()));
  const std::string custom_id(text_at(told, "custom_id"));
  if (!is_custom_id(custom_id)) return pass_over("has no custom_id");
  on_item(custom_id, outcome_of(object_at(told, "result"), ttl_));
}

void BatchResults::feed(std::string_view bytes, const OnItem& on_item) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const bool fits = !too_long_ && line_.size() + piece.size() <= kMaxLineBytes;
    if (!fits && !too_long_) {
      too_long_ = true;
      std::string().swap(line_);
    }
    if (end == bytes.npos) {
      if (fits) line_ += piece;
      return;
    }
    if (too_long_) {
      ++lines_;
      pass_over(fmt::format("passes {} MiB", kMaxLineBytes >> 20));
      too_long_ = false;
    } else if (line_.empty()) {
      end_line(piece, on_item);
    } else {
      line_ += piece;
      end_line(std::exchange(line_, {}), on_item);
    }
    bytes.remove_prefix(end + 1);
  }
}

Status BatchResults::end(const OnItem& on_item) {
  if (!line_.empty() || too_long_) feed("\n", on_item);
  if (passed_over_ == 0) return {};
  return input_error(fmt::format("{} of {} lines of the batch's results cannot be read: {}",
                                 passed_over_, lines_, first_problem_));
}

}  // namespace baton
