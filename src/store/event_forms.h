// The form of every event in the journal: its type name and its fields, told once for writing and
// reading alike. A new event is one more Form here; a new field of an old event is an optional one,
// for journals that were written without it.
//
//   fields(field, e) calls field("name", e.member) for each field, in the order they are written,
//   and field.more("name", e.member) for those that are left out while they have their default.
//
// Form<T> without kType describes an object inside an event.
#pragma once

#include <string_view>

#include "core/event.h"

namespace baton {

template <typename T>
struct Form;

template <>
struct Form<Usage> {
  static void fields(auto& field, auto& u) {
    field("input", u.input);
    field("cache_write_5m", u.cache_write_5m);
    field("cache_write_1h", u.cache_write_1h);
    field("cache_read", u.cache_read);
    field("output", u.output);
  }
};

template <>
struct Form<Limits> {
  static void fields(auto& field, auto& l) {
    field("turns", l.turns);
    field("tokens", l.tokens);
    field("wall", l.wall);
  }
};

template <>
struct Form<TaskSpec> {
  static void fields(auto& field, auto& s) {
    field("id", s.id);
    field("type", s.type);
    field("role", s.role);
    field("tier", s.tier);
    field("checkers_first", s.checkers_first);
    field("after", s.after);
    field("last", s.last);
    field("max_output", s.max_output);
    field.more("model", s.model);
    field.more("needs", s.needs);
    field.more("leads", s.leads);
    field.more("gate", s.gate);
    field.more("limits", s.limits);
    field.more("effort", s.effort);
    field.more("batch", s.batch);
    field("brief", s.brief);
  }
};

template <>
struct Form<Caps> {
  static void fields(auto& field, auto& c) {
    field("call", c.call);
    field("attempt", c.attempt);
    field("task", c.task);
    field.more("worker", c.worker);
    field("day", c.day);
  }
};

template <>
struct Form<Forecast> {
  static void fields(auto& field, auto& f) {
    field("low", f.low);
    field("likely", f.likely);
    field("high", f.high);
    field("wall", f.wall);
    field("tasks", f.tasks);
    field("history", f.history);
  }
};

template <>
struct Form<RunCreated> {
  static constexpr std::string_view kType = "run_created";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("run", e.run);
    field("workflow", e.workflow);
    field("title", e.title);
    field("request", e.request);
    field("input", e.input);
    field("catalog_version", e.catalog_version);
    field.more("project", e.project);
    field.more("key", e.key);
    field.more("mode", e.mode);
    field.more("mode_reason", e.mode_reason);
    field("budget", e.budget);
    field.more("caps", e.caps);
    field.more("limits", e.limits);
    field.more("gates", e.gates);
    field("forecast", e.forecast);
    field("parallel", e.parallel);
    field("seed", e.seed);
  }
};

template <>
struct Form<RunResumed> {
  static constexpr std::string_view kType = "run_resumed";
  static void fields(auto& field, auto& e) { field("at", e.at); }
};

template <>
struct Form<BudgetRaised> {
  static constexpr std::string_view kType = "budget_raised";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("budget", e.budget);
  }
};

template <>
struct Form<RetryAsked> {
  static constexpr std::string_view kType = "retry_asked";
  static void fields(auto& field, auto& e) { field("at", e.at); }
};

template <>
struct Form<TailLost> {
  static constexpr std::string_view kType = "tail_lost";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("events", e.events);
    field("amount", e.amount);
  }
};

template <>
struct Form<DayAllotted> {
  static constexpr std::string_view kType = "day_allotted";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("day", e.day);
    field("amount", e.amount);
  }
};

template <>
struct Form<StopRequested> {
  static constexpr std::string_view kType = "stop_requested";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field.more("why", e.why);
  }
};

template <>
struct Form<TaskAdded> {
  static constexpr std::string_view kType = "task_added";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("spec", e.spec);
  }
};

template <>
struct Form<TaskFollowed> {
  static constexpr std::string_view kType = "task_followed";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
  }
};

template <>
struct Form<ApprovalGiven> {
  static constexpr std::string_view kType = "approval_given";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("gate", e.gate);
    field("approved", e.approved);
  }
};

template <>
struct Form<CallPrepared> {
  static constexpr std::string_view kType = "call_prepared";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("content_key", e.content_key);
    field("input_bound", e.input_bound);
    field("cache_marked", e.cache_marked);
    field("input_estimate", e.input_estimate);
    field.more("prefix", e.prefix);
    field.more("prefix_tokens", e.prefix_tokens);
    field.more("prefix_ttl", e.prefix_ttl);
  }
};

template <>
struct Form<FirstByte> {
  static constexpr std::string_view kType = "first_byte";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("call", e.call);
  }
};

template <>
struct Form<BatchAccepted> {
  static constexpr std::string_view kType = "batch_accepted";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("batch", e.batch);
    field("name", e.name);
  }
};

template <>
struct Form<CallEnded> {
  static constexpr std::string_view kType = "call_ended";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("call", e.call);
    field("bill", e.bill);
    field("charge", e.charge);
    field("usage", e.usage);
    field("verdict", e.verdict);
    field("failure", e.failure);
    field("message", e.message);
    field("http_status", e.http_status);
    field("retry_after", e.retry_after);
    field("answer", e.answer);
    field.more("content", e.content);
    field.more("reply", e.reply);
    field("request_id", e.request_id);
  }
};

template <>
struct Form<ToolRecord> {
  static void fields(auto& field, auto& e) {
    field("name", e.name);
    field("call", e.call);
    field("outcome", e.outcome);
    field.more("failed", e.failed);
  }
};

template <>
struct Form<ToolsEnded> {
  static constexpr std::string_view kType = "tools_ended";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("calls", e.calls);
    field.more("reply", e.reply);
    field.more("result", e.result);
    field.more("workspace", e.workspace);
  }
};

template <>
struct Form<CheckersEnded> {
  static constexpr std::string_view kType = "checkers_ended";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("findings", e.findings);
    field("note", e.note);
    field("covered", e.covered);
  }
};

template <>
struct Form<AttemptStarted> {
  static constexpr std::string_view kType = "attempt_started";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("attempt", e.attempt);
    field("tier", e.tier);
    field("model", e.model);
    field("max_output", e.max_output);
    field.more("effort", e.effort);
  }
};

template <>
struct Form<TurnStarted> {
  static constexpr std::string_view kType = "turn_started";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("turn", e.turn);
    field("reason", e.reason);
  }
};

template <>
struct Form<ToolsStarted> {
  static constexpr std::string_view kType = "tools_started";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
  }
};

template <>
struct Form<ApprovalAsked> {
  static constexpr std::string_view kType = "approval_asked";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("gate", e.gate);
  }
};

template <>
struct Form<CheckersStarted> {
  static constexpr std::string_view kType = "checkers_started";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
  }
};

template <>
struct Form<CallReserved> {
  static constexpr std::string_view kType = "call_reserved";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("call", e.call);
    field("task", e.task);
    field("model", e.model);
    field("max_output", e.max_output);
    field("hold", e.hold);
    field("price_date", e.price_date);
    field.more("batch", e.batch);
  }
};

template <>
struct Form<RetryScheduled> {
  static constexpr std::string_view kType = "retry_scheduled";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("not_before", e.not_before);
    field("max_output", e.max_output);
    field("counted", e.counted);
    field.more("keeps_turns", e.keeps_turns);
    field.more("effort", e.effort);
    field("reason", e.reason);
  }
};

template <>
struct Form<PrefixAsked> {
  static constexpr std::string_view kType = "prefix_asked";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("prefix", e.prefix);
  }
};

template <>
struct Form<PrefixTold> {
  static constexpr std::string_view kType = "prefix_told";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("prefix", e.prefix);
    field.more("ours", e.ours);
    field.more("readable_for", e.readable_for);
  }
};

template <>
struct Form<AllotmentAsked> {
  static constexpr std::string_view kType = "allotment_asked";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("day", e.day);
    field("amount", e.amount);
  }
};

template <>
struct Form<BatchFormed> {
  static constexpr std::string_view kType = "batch_formed";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("batch", e.batch);
    field("calls", e.calls);
  }
};

template <>
struct Form<RunHalted> {
  static constexpr std::string_view kType = "run_halted";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("kind", e.kind);
    field("reason", e.reason);
  }
};

template <>
struct Form<Escalated> {
  static constexpr std::string_view kType = "escalated";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("from", e.from);
    field("to", e.to);
    field("reason", e.reason);
  }
};

template <>
struct Form<PlanClosed> {
  static constexpr std::string_view kType = "plan_closed";
  static void fields(auto& field, auto& e) { field("at", e.at); }
};

template <>
struct Form<TaskFinished> {
  static constexpr std::string_view kType = "task_finished";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("result", e.result);
  }
};

template <>
struct Form<TaskSkipped> {
  static constexpr std::string_view kType = "task_skipped";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("task", e.task);
    field("reason", e.reason);
    field("message", e.message);
  }
};

template <>
struct Form<RunEnded> {
  static constexpr std::string_view kType = "run_ended";
  static void fields(auto& field, auto& e) {
    field("at", e.at);
    field("status", e.status);
    field("reason", e.reason);
    field.more("day", e.day);
    field.more("day_used", e.day_used);
  }
};

// An object inside an event, as opposed to a single value.
template <typename T>
concept Record = requires {
  sizeof(Form<T>);
};

}  // namespace baton
