#include "simulation/provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace baton::sim {
namespace {

// How long a client waits for a byte.
constexpr Millis kSilenceTimeout = Millis::seconds(600);

std::int64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  std::int64_t number = -1;
  if (at == text.npos) return number;
  const char* begin = text.data() + at + key.size();
  std::from_chars(begin, text.data() + text.size(), number);
  return number;
}

std::string_view quoted_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == text.npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

// The last text before the turns: the first one that names a task.
std::string_view task_words(std::string_view body) {
  constexpr std::string_view kBegin = R"("text":"t)";
  const std::size_t at = body.find(kBegin);
  if (at == body.npos) return {};
  const std::string_view rest = body.substr(at + kBegin.size() - 1);
  return rest.substr(0, rest.find('"'));
}

}  // namespace

TransferId SimulatedProvider::start(Sender sender, HttpRequest request, HttpHandlers handlers) {
  auto transfer = std::make_shared<Transfer>();
  transfer->sender = std::move(sender);
  transfer->handlers = std::move(handlers);
  transfers_.emplace(++started_, transfer);
  if (request.url.find("/batches") != std::string::npos) {
    start_batch_request(transfer, request);
    return started_;
  }
  read_message(*transfer, request.body);
  if (transfer->call == nullptr) {
    broken_("a request leaves whose reservation is not durable, or is another's");
    return started_;
  }
  if (faults_.happens(Fault::kUnreachable)) {
    timeline_.after(
        Millis(dice_.below(200)),
        [this, transfer] {
          end_with(transfer, {TransferEnd::Kind::kNeverSent, "connection refused", false});
        },
        transfer->sender.pulse);
    return started_;
  }
  timeline_.after(Millis(dice_.below(30)), [this, transfer] { message_arrives(transfer); });
  return started_;
}

void SimulatedProvider::cancel(TransferId id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end() || found->second->over) return;
  const TransferPtr transfer = found->second;
  TransferEnd end{TransferEnd::Kind::kCancelled, "", !transfer->arrived};
  // Nothing comes any more but this end.
  transfer->over = true;
  timeline_.post(
      [transfer, end = std::move(end)] {
        if (transfer->handlers.on_end) transfer->handlers.on_end(end);
      },
      transfer->sender.pulse);
}

void SimulatedProvider::end_with(const TransferPtr& transfer, const TransferEnd& end) {
  if (std::exchange(transfer->over, true)) return;
  if (transfer->handlers.on_end) transfer->handlers.on_end(end);
}

// ---- messages ----

void SimulatedProvider::read_message(Transfer& transfer, std::string_view body) {
  transfer.text = task_words(body);
  transfer.bytes = static_cast<std::int64_t>(body.size());
  transfer.max_output = number_after(body, R"("max_tokens":)");
  transfer.cached = body.find("cache_control") != body.npos;
  const TaskId task(static_cast<int>(number_after(transfer.text, "t")));
  transfer.call = book_.leaving(transfer.sender.holder, task, quoted_after(body, R"("model":")"),
                                transfer.max_output);
}

void SimulatedProvider::message_arrives(const TransferPtr& transfer) {
  if (transfer->over) return;
  // What a process had given to the network may come although it is dead.
  if (!transfer->sender.pulse->beats && dice_.one_in(2)) return;
  transfer->arrived = true;
  ++transfer->call->seen;
  send_back(transfer, answer(*transfer));
}

SimulatedProvider::Reply SimulatedProvider::answer(Transfer& transfer) {
  Reply reply;
  reply.first = Millis(dice_.below(faults_.happens(Fault::kSlow) ? 60'000 : 400));
  reply.later = Millis(dice_.below(faults_.happens(Fault::kSlow) ? 90'000 : 300));
  if (refuse(reply)) return reply;
  const bool bad = faults_.happens(Fault::kBadAnswer);
  Answer said{.model = transfer.call->reserved.model, .text = words_for(transfer, bad)};
  const bool is_tools = transfer.text.find(" tools") != std::string::npos;
  said.asks_for_tools = is_tools && !faults_.over() && dice_.one_in(2);
  if (said.asks_for_tools) said.stop = "tool_use";
  if (bad && dice_.one_in(3)) said.stop = dice_.one_in(2) ? "max_tokens" : "refusal";
  said.usage = usage_of(transfer);
  Usage billed = said.usage;
  if (faults_.happens(Fault::kOverbilled)) {
    has_overbilled_ = transfer.call->overbilled = true;
    said.usage.output = billed.output = Tokens(transfer.max_output * 40);
  }
  said.tells_usage = !faults_.happens(Fault::kNoUsage);
  reply.body = as_stream(said);
  if (tells_limits) {
    const std::int64_t left = dice_.below(8);
    for (const char* kind : {"requests", "input-tokens", "output-tokens"}) {
      const std::int64_t unit = kind[0] == 'r' ? 1 : 4'000;
      const auto add = [&](const char* what, std::string value) {
        reply.headers.emplace_back(fmt::format("anthropic-ratelimit-{}-{}", kind, what),
                                   std::move(value));
      };
      add("limit", std::to_string(8 * unit));
      add("remaining", std::to_string(left * unit));
      add("reset", timestamp_of(timeline_.now() + Millis::seconds(60 - 7 * left)));
    }
  }
  spoil(transfer, reply, billed);
  transfer.call->usage = billed;
  transfer.call->metered = true;
  return reply;
}

// At most what was promised: half of the body's bytes are more tokens than any tokenizer makes.
Usage SimulatedProvider::usage_of(const Transfer& transfer) {
  Usage usage;
  const std::int64_t prompt = 1 + dice_.below(transfer.bytes / 2);
  const std::int64_t part = transfer.cached ? dice_.below(prompt) : 0;
  usage.input = Tokens(prompt - part);
  (dice_.one_in(2) ? usage.cache_read : usage.cache_write_5m) = Tokens(part);
  usage.output = Tokens(1 + dice_.below(transfer.max_output));
  return usage;
}

std::string SimulatedProvider::words_for(const Transfer& transfer, bool bad) {
  if (bad && dice_.one_in(2)) return "something else";
  const std::size_t plan = transfer.text.find(" plan ");
  if (plan == std::string::npos) {
    const bool more =
        !faults_.over() && transfer.text.find(" work") != std::string::npos && dice_.one_in(5);
    return more ? "more" : "ok";
  }
  std::string words;
  const std::int64_t items = number_after(transfer.text, " plan ");
  for (std::int64_t i = 0; i < items; ++i) words += fmt::format("{};", i);
  if (!bad) words += '.';
  return words;
}

bool SimulatedProvider::refuse(Reply& reply) {
  const auto with = [&](int status, std::string_view type, std::string_view message) {
    reply.status = status;
    reply.body = error_body(type, message);
    return true;
  };
  if (faults_.happens(Fault::kThrottled)) {
    if (!dice_.one_in(3)) {
      const std::int64_t wait = dice_.one_in(20) ? 3600 : dice_.below(20);
      reply.headers.emplace_back("retry-after", std::to_string(wait));
    }
    return with(429, "rate_limit_error", "slow down");
  }
  if (faults_.happens(Fault::kOverloaded)) return with(529, "overloaded_error", "overloaded");
  if (faults_.happens(Fault::kServerError)) return with(500, "api_error", "internal");
  if (!faults_.happens(Fault::kRefused)) return false;
  switch (dice_.below(7)) {
    case 0:
      return with(401, "authentication_error", "invalid x-api-key");
    case 1:
      return with(402, "billing_error", "no credit");
    case 2:
      return with(400, "invalid_request_error", "You have reached your API usage limits");
    case 3:
      return with(400, "invalid_request_error", "prompt is too long");
    case 4:
      return with(413, "request_too_large", "too large");
    case 5:
      return with(404, "not_found_error", "no such model");
    default:
      return with(400, "invalid_request_error", "no");
  }
}

// The answer does not come as it was meant; it may be billed all the same, for as much as came.
void SimulatedProvider::spoil(Transfer& transfer, Reply& reply, Usage& billed) {
  const auto cut = [&] {
    reply.body.resize(
        static_cast<std::size_t>(dice_.below(static_cast<std::int64_t>(reply.body.size()))));
    const bool whole = reply.body.find("message_stop") != std::string::npos;
    if (!whole && !transfer.call->overbilled)
      billed.output = Tokens(1 + dice_.below(transfer.max_output));
  };
  if (faults_.happens(Fault::kMalformed)) {
    const std::size_t before = reply.body.size();
    cut();
    reply.body +=
        dice_.one_in(2)
            ? "\n\nevent: message_delta\ndata: {{{\n\n"
            : "\n\nevent: error\ndata: " + error_body("overloaded_error", "overloaded") + "\n\n";
    reply.body.resize(std::min(reply.body.size(), before));
  } else if (faults_.happens(Fault::kBroken)) {
    cut();
    reply.headless = reply.body.empty();
    reply.end = {TransferEnd::Kind::kBroken, "the connection was closed", false};
  } else if (faults_.happens(Fault::kSilent)) {
    cut();
    reply.headless = dice_.one_in(2);
    reply.later = kSilenceTimeout;
    reply.end = {TransferEnd::Kind::kBroken, "no byte came for 10 minutes", false};
  } else if (faults_.happens(Fault::kServerError)) {
    reply.status = 502;  // a proxy's, and nothing of the API
    reply.body = "<html>bad gateway</html>";
  }
}

// ---- on the way back ----

void SimulatedProvider::send_back(const TransferPtr& transfer, Reply reply) {
  auto whole = std::make_shared<const Reply>(std::move(reply));
  timeline_.after(
      whole->first,
      [this, transfer, whole] {
        if (transfer->over) return;
        if (!whole->headless && transfer->handlers.on_head)
          transfer->handlers.on_head(whole->status, whole->headers);
        send_piece(transfer, whole, 0);
      },
      transfer->sender.pulse);
}

// Cut anywhere; the last piece and the end may be far apart.
void SimulatedProvider::send_piece(const TransferPtr& transfer, std::shared_ptr<const Reply> reply,
                                   std::size_t sent) {
  if (transfer->over) return;
  const std::size_t left = reply->headless ? 0 : reply->body.size() - sent;
  std::size_t piece = left;
  if (left > 1 && dice_.one_in(2))
    piece = 1 + static_cast<std::size_t>(dice_.below(static_cast<std::int64_t>(left)));
  if (piece > 0) {
    transfer->handlers.on_body(std::string_view(reply->body).substr(sent, piece));
    if (transfer->over) return;
  }
  sent += piece;
  const bool last = piece == left;
  const Millis wait = last ? reply->later : Millis(dice_.below(100));
  timeline_.after(
      wait,
      [this, transfer, reply = std::move(reply), sent, last] {
        last ? end_with(transfer, reply->end) : send_piece(transfer, reply, sent);
      },
      transfer->sender.pulse);
}

}  // namespace baton::sim
