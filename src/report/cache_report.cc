#include "report/cache_report.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "report/layout.h"

namespace baton {
namespace {

// One entry at the provider, as the calls show it.
struct Entry {
  CacheLine line;
  std::optional<CallId> writer;  // none: nobody has written it
  std::optional<Instant> readable_from;
  Instant last_used;
};

struct MarkedCall {
  CallReserved reserved;
  CallPrepared prepared;
  std::optional<Instant> began;
};

class CacheFold {
 public:
  explicit CacheFold(const Catalog& catalog) : catalog_(catalog) {}

  void operator()(const CallPrepared& event) { prepared_[event.task] = event; }
  void operator()(const CallReserved& event) {
    const CallPrepared& prepared = prepared_[event.task];
    if (prepared.prefix.empty() || event.batch) return;
    calls_[event.call] = {event, prepared, std::nullopt};
  }
  void operator()(const FirstByte& event) {
    if (const auto call = calls_.find(event.call); call != calls_.end())
      call->second.began = event.at;
  }
  void operator()(const CallEnded& event) {
    const auto call = calls_.extract(event.call);
    if (call && event.usage.prompt() > Tokens()) add(call.mapped(), event);
  }
  void operator()(const auto&) {}

  std::vector<CacheLine> lines() && {
    std::vector<CacheLine> lines;
    for (const Key& key : order_) lines.push_back(std::move(entries_.at(key).line));
    return lines;
  }

 private:
  using Key = std::pair<std::string, std::string>;

  Entry& entry_of(const MarkedCall& call) {
    const Key key{call.reserved.model, call.prepared.prefix};
    const auto [found, fresh] = entries_.try_emplace(key);
    if (fresh) {
      found->second.line.model = key.first;
      found->second.line.prefix = key.second;
      order_.push_back(key);
    }
    return found->second;
  }

  static CacheMiss reason(const Entry& entry, const MarkedCall& call, const Usage& usage) {
    if (usage.cache_write_5m + usage.cache_write_1h == Tokens()) return CacheMiss::kNeverCached;
    const Instant at = call.reserved.at;
    if (!entry.writer) return CacheMiss::kFirst;
    if (!entry.readable_from || at < *entry.readable_from) return CacheMiss::kNotYet;
    if (!(at < entry.last_used + call.prepared.prefix_ttl)) return CacheMiss::kExpired;
    return CacheMiss::kDropped;
  }

  void add(const MarkedCall& call, const CallEnded& end) {
    Entry& entry = entry_of(call);
    const Usage& usage = end.usage;
    const Tokens written = usage.cache_write_5m + usage.cache_write_1h;
    const PriceStep price = price_of(call.reserved, usage);
    const Money cost = price.cache_write_5m * usage.cache_write_5m.count() +
                       price.cache_write_1h * usage.cache_write_1h.count();
    CacheLine& line = entry.line;
    line.read += usage.cache_read;
    line.written += written;
    line.paid += cost + price.cache_read * usage.cache_read.count();
    line.without += price.input * (usage.cache_read + written).count();
    const Instant at = call.reserved.at;
    bool anew = false;
    if (usage.cache_read > Tokens()) {
      ++line.reads;
    } else {
      const CacheMiss why = reason(entry, call, usage);
      line.misses.push_back({end.call, why, written, cost, price.cache_read * written.count(),
                             why == CacheMiss::kExpired ? at - entry.last_used : Millis()});
      anew = why == CacheMiss::kExpired || why == CacheMiss::kDropped;
    }
    if (anew) entry.readable_from.reset();
    if (written > Tokens() || usage.cache_read > Tokens()) note_use(entry, call, end);
  }

  // Calls end in any order: what tells of a later use or an earlier answer stands.
  static void note_use(Entry& entry, const MarkedCall& call, const CallEnded& end) {
    const Instant readable = call.began.value_or(end.at);
    if (!entry.writer) entry.writer = end.call;
    if (!entry.readable_from || readable < *entry.readable_from) entry.readable_from = readable;
    if (entry.last_used < call.reserved.at) entry.last_used = call.reserved.at;
  }

  PriceStep price_of(const CallReserved& call, const Usage& usage) const {
    const Model* model = catalog_.find(call.model);
    const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(call.price_date);
    return sheet == nullptr ? PriceStep() : sheet->step_for(usage.prompt());
  }

  const Catalog& catalog_;
  std::map<TaskId, CallPrepared> prepared_;
  std::map<CallId, MarkedCall> calls_;
  std::map<Key, Entry> entries_;
  std::vector<Key> order_;
};

std::string why_text(const CacheUse& use) {
  switch (use.why) {
    case CacheMiss::kFirst:
      return "wrote it, the first to need it";
    case CacheMiss::kNotYet:
      return "wrote it too: the answer of its first writer had not begun";
    case CacheMiss::kExpired:
      return fmt::format("wrote it anew: it had expired, unused for {}", duration_text(use.idle));
    case CacheMiss::kDropped:
      return "wrote it anew: the provider had dropped it";
    case CacheMiss::kNeverCached:
      return "marked it, and the provider cached nothing: too short";
  }
  __builtin_unreachable();
}

}  // namespace

std::vector<CacheLine> cache_of(const std::vector<Event>& events, const Catalog& catalog) {
  CacheFold fold(catalog);
  for (const Event& event : events) std::visit(fold, event);
  return std::move(fold).lines();
}

std::string cache_text(const std::vector<CacheLine>& lines) {
  if (lines.empty()) return {};
  std::string out = "Cache\n";
  for (const CacheLine& line : lines) {
    fmt::format_to(std::back_inserter(out),
                   "  {} {}: {}, {} tokens; {} tokens written; {}, {} without a cache\n",
                   line.model, line.prefix.substr(0, 8), counted(line.reads, "hit", "hits"),
                   grouped(line.read.count()), grouped(line.written.count()),
                   line.paid.to_display(), line.without.to_display());
    for (const CacheUse& use : line.misses) {
      fmt::format_to(std::back_inserter(out), "    {} {}", use.call.to_string(), why_text(use));
      if (use.written > Tokens()) {
        fmt::format_to(std::back_inserter(out), "; {}", use.cost.to_display());
        if (use.why != CacheMiss::kFirst)
          fmt::format_to(std::back_inserter(out), " in place of {}", use.cost_if_read.to_display());
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace baton
