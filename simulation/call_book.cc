#include "simulation/call_book.h"

#include <fmt/format.h>

#include "simulation/prices.h"

namespace baton::sim {
namespace {

Money metered(const BookedCall& call) {
  if (!call.metered) return {};
  const CallReserved& promise = call.reserved;
  return bill_of(promise.model, promise.price_date, call.usage, promise.batch);
}

// Nothing of it came from the provider: it need not have been there.
bool provably_unsent(const CallEnded& end) {
  return end.bill == BillState::kNotBilled && end.http_status == 0;
}

std::string wrong_end(const BookedCall& call, bool prices_kept) {
  if (!call.ended) return "has no end";
  const CallEnded& end = *call.ended;
  const Money bill = metered(call);
  if (call.seen > 1) return "came to the provider twice";
  if (call.seen == 0 && end.bill == BillState::kSettled) return "is settled and was never sent";
  // What a batch was refused with came before any of its items.
  const bool came = call.seen > 0 || call.reserved.batch;
  if (!came && end.bill == BillState::kNotBilled && !provably_unsent(end))
    return "was refused without having come";
  const bool at_its_hold = !prices_kept && end.charge == call.reserved.hold;
  if (end.bill == BillState::kSettled && end.charge != bill && !at_its_hold)
    return fmt::format("is charged {}, and billed {}", end.charge.to_string(), bill.to_string());
  if (end.bill == BillState::kNotBilled && bill != Money())
    return fmt::format("is called not billed, and was billed {}", bill.to_string());
  if (end.bill == BillState::kUnknown && end.charge < bill && !call.overbilled)
    return fmt::format("is booked at {}, and was billed {}", end.charge.to_string(),
                       bill.to_string());
  return {};
}

}  // namespace

std::string CallBook::told(int holder, const Event& event) {
  if (const auto* reserved = std::get_if<CallReserved>(&event)) {
    BookedCall call;
    call.reserved = *reserved;
    call.holder = holder;
    if (calls_.emplace(reserved->call, std::move(call)).second) return {};
    return fmt::format("call {} is reserved twice", reserved->call.to_string());
  }
  if (const auto* formed = std::get_if<BatchFormed>(&event)) {
    for (const CallId call : formed->calls) calls_.at(call).batched = true;
  }
  if (const auto* ended = std::get_if<CallEnded>(&event)) {
    BookedCall& call = calls_.at(ended->call);
    if (call.ended) return fmt::format("call {} ends twice", ended->call.to_string());
    call.ended = *ended;
  }
  return {};
}

BookedCall* CallBook::leaving(int holder, TaskId task, std::string_view model,
                              std::int64_t max_output) {
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
    BookedCall& booked = call->second;
    const CallReserved& promise = booked.reserved;
    if (promise.task != task || booked.holder != holder) continue;
    // Who has stood still while its lease lapsed sends what others have booked at its worst case.
    const bool open = !booked.ended || booked.ended->bill == BillState::kUnknown;
    const bool fits = !promise.batch && !booked.left && open && promise.model == model &&
                      promise.max_output.count() == max_output;
    if (!fits) return nullptr;
    booked.left = true;
    return &booked;
  }
  return nullptr;
}

BookedCall* CallBook::find(CallId call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second;
}

std::string CallBook::check(bool prices_kept) const {
  for (const auto& [id, call] : calls_) {
    if (const std::string wrong = wrong_end(call, prices_kept); !wrong.empty())
      return fmt::format("call {} {}", id.to_string(), wrong);
  }
  return {};
}

int CallBook::requests() const {
  int sum = 0;
  for (const auto& [id, call] : calls_) sum += call.seen;
  return sum;
}

}  // namespace baton::sim
