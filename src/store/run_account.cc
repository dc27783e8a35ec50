#include "store/run_account.h"

#include "store/event_format.h"
#include "store/run_summary.h"

namespace baton {

Money RunAccount::committed() const {
  return saturating_sum(charged, held);
}

void count_money(RunAccount& account, const Event& event) {
  if (const auto* reserved = std::get_if<CallReserved>(&event)) {
    if (account.holds.emplace(reserved->call, reserved->hold).second)
      account.held = saturating_sum(account.held, reserved->hold);
  } else if (const auto* ended = std::get_if<CallEnded>(&event)) {
    account.charged = saturating_sum(account.charged, ended->charge);
    if (const auto hold = account.holds.extract(ended->call)) account.held -= hold.mapped();
  } else if (const auto* lost = std::get_if<TailLost>(&event)) {
    account.charged = saturating_sum(account.charged, lost->amount);
  }
}

Status count_money(RunAccount& account, std::string_view type, std::string_view body) {
  if (type != "call_reserved" && type != "call_ended" && type != "tail_lost") return {};
  const Result<Event> event = read_event(type, body);
  if (!event) return event.error();
  count_money(account, *event);
  return {};
}

}  // namespace baton
