// What the driver asks of others: checkers, tools, people, the store and its fleet.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shell/driver_transfer.h"
#include "store/fleet.h"

namespace baton {

void Driver::check(TaskId task) {
  parts_.run_checkers(parts_.workflow.checkers_for(task),
                      [this, alive = alive_, task](Result<CheckersResult> result) {
                        if (!*alive || over_ || run_.task(task).status != TaskStatus::kChecking)
                          return;
                        if (!result) return stop(result.error().message);
                        Blob findings = make_blob(std::move(result->findings));
                        findings_[task] = findings.text;
                        if (!result->covered) parts_.workflow.checked(task, findings.text);
                        CheckersEnded fact{parts_.scheduler.now(), task, findings.id,
                                           std::move(result->note), result->covered};
                        std::vector<Blob> texts;
                        texts.push_back(std::move(findings));
                        tell(std::move(fact), std::move(texts));
                      });
}

void Driver::use_tools(TaskId id) {
  // Whoever resumes the run runs them.
  if (run_.stopping || run_.halt) return;
  Task task = run_.task(id);
  // Whichever binds first is what the model is told of.
  if (const auto most = run_.created.limits.turns)
    task.spec.limits.turns = std::min(*most, task.spec.limits.turns.value_or(*most));
  const ToolsRequest request{task, tool_uses_in(conversations_.held(id))};
  parts_.run_tools(request, [this, alive = alive_, id](Result<ToolsResult> result) {
    if (!*alive || over_ || run_.task(id).status != TaskStatus::kUsingTools) return;
    if (!result) return stop(result.error().message);
    ToolsEnded fact{parts_.scheduler.now(), id, std::move(result->calls), {}, {},
                    result->workspace};
    std::vector<Blob> texts;
    if (result->result.empty()) {
      conversations_.reply(id, result->reply);
      texts.push_back(make_blob(std::move(result->reply)));
      fact.reply = texts.back().id;
    } else {
      answers_[id] = result->result;
      texts.push_back(make_blob(std::move(result->result)));
      fact.result = texts.back().id;
    }
    tell(std::move(fact), std::move(texts));
  });
}

void Driver::ask_for(const std::string& gate) {
  parts_.ask_approval(gate, [this, alive = alive_, gate](std::optional<bool> answer) {
    if (!*alive || over_) return;
    if (!answer) return stop(fmt::format("the {} waits for approval", gate));
    tell(ApprovalGiven{parts_.scheduler.now(), gate, *answer});
  });
}

void Driver::reserve_in_store(const AllotmentAsked& event) {
  // The run's end, which is on its way to the store, gives back what it has: nothing may follow.
  if (run_.status != RunStatus::kRunning) return;
  const DayCap cap{run_.created.project, event.day, run_.created.caps.day.value_or(Money())};
  parts_.journal.allot(run_.created.run, cap, event.amount,
                       [this, alive = alive_, day = event.day](const Result<Money>& amount) {
                         if (!*alive || over_) return;
                         if (!amount) return fail(amount.error());
                         tell(DayAllotted{parts_.scheduler.now(), day, *amount});
                       });
}

// A gate only saves money: where the fleet cannot answer, the run goes on as if it were alone.
void Driver::ask_fleet(const std::string& prefix) {
  const auto answered = [this, alive = alive_, prefix](const Result<PrefixAnswer>& answer) {
    if (!*alive || over_) return;
    const auto known = run_.prefixes.find(prefix);
    if (known == run_.prefixes.end() || known->second.fleet != CacheEntry::Fleet::kAsked) return;
    PrefixTold fact{parts_.scheduler.now(), prefix, true, {}};
    if (answer) {
      fact.ours = answer->mine;
      fact.readable_for = answer->readable_for;
    }
    tell(std::move(fact));
  };
  Fleet* fleet = parts_.journal.fleet();
  if (fleet == nullptr) return answered(PrefixAnswer{.mine = true, .readable_for = {}});
  fleet->ask_prefix(prefix, parts_.rules.longest_gate, answered);
}

// What its call writes can be read from now on, by runs elsewhere too.
void Driver::tell_fleet(CallId call) {
  const OpenCall& open = run_.open_calls.at(call);
  if (Fleet* fleet = parts_.journal.fleet())
    fleet->prefix_written(open.prefix, run_.task(open.task).prepared->prefix_ttl);
}

}  // namespace baton
