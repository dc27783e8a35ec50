#include "shell/conversations.h"

#include "provider/messages.h"

namespace baton {
namespace {

Result<PromptTurn> read_turn(const Turn& turn, Journal& journal) {
  CallSettled answer;
  const bool is_text = turn.content.empty();
  Result<std::string> said = journal.blob(is_text ? turn.answer : turn.content);
  if (!said) return said.error();
  (is_text ? answer.text : answer.content) = std::move(*said);
  if (turn.reply.empty()) return PromptTurn{answer_blocks(answer), {}, false};
  Result<std::string> reply = journal.blob(turn.reply);
  if (!reply) return reply.error();
  return PromptTurn{answer_blocks(answer), std::move(*reply), false};
}

}  // namespace

Status Conversations::restore(const RunState& run, Journal& journal) {
  for (const Task& task : run.tasks) {
    if (task.ended()) continue;
    for (const Turn& turn : task.turns) {
      Result<PromptTurn> read = read_turn(turn, journal);
      if (!read) return read.error();
      turns_[task.spec.id].push_back(std::move(*read));
    }
    // Its tools were being run.
    if (task.last_end) {
      Result<PromptTurn> read =
          read_turn({task.last_end->answer, task.last_end->content, {}}, journal);
      if (!read) return read.error();
      held_[task.spec.id] = std::move(*read);
    }
  }
  return {};
}

void Conversations::hold(TaskId task, PromptTurn turn) {
  held_.insert_or_assign(task, std::move(turn));
}

void Conversations::reply(TaskId task, std::string blocks) {
  held_.at(task).reply = std::move(blocks);
}

void Conversations::follow(const Event& event) {
  if (const auto* went_on = std::get_if<TurnStarted>(&event)) {
    if (auto turn = held_.extract(went_on->task))
      turns_[went_on->task].push_back(std::move(turn.mapped()));
    return;
  }
  // The same call again: the answer that came is not gone on from.
  if (const auto* again = std::get_if<RetryScheduled>(&event)) {
    held_.erase(again->task);
    return;
  }
  const auto forget = [this](TaskId task) {
    held_.erase(task);
    turns_.erase(task);
  };
  if (const auto* anew = std::get_if<AttemptStarted>(&event)) return forget(anew->task);
  if (const auto* finished = std::get_if<TaskFinished>(&event)) return forget(finished->task);
  if (const auto* skipped = std::get_if<TaskSkipped>(&event)) forget(skipped->task);
}

const std::vector<PromptTurn>& Conversations::of(TaskId task) const {
  static const std::vector<PromptTurn> kNone;
  const auto found = turns_.find(task);
  return found == turns_.end() ? kNone : found->second;
}

}  // namespace baton
