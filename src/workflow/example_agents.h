// For tests: a run of agents whose models, programs and repository a test plays. Texts name
// themselves in its journal: a BlobId is the text.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "workflow/agents.h"

// After it: a name of the stories is also one of its enumerators.
#include "base/embedded.h"
#include "core/story.h"

namespace baton {

// What is needed of an element of a plan; the rest is empty.
struct Planned {
  std::string id;
  std::string worker = "code-writer";
  std::string title = "Work";
  std::vector<std::string> files = {};  // "src/a.cc" or "src/a.cc:3-9"
  std::vector<std::string> after = {};
  std::vector<std::string> commands = {};
};

inline std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", text);
  return list;
}

inline std::string element_of(const Planned& task) {
  std::string files;
  for (const std::string& file : task.files) {
    const std::size_t colon = file.find(':');
    int first = 1, last = 0;
    if (colon != file.npos) std::sscanf(file.c_str() + colon, ":%d-%d", &first, &last);
    files += fmt::format(R"({}{{"path":"{}","first_line":{},"last_line":{}}})",
                         files.empty() ? "" : ",", file.substr(0, colon), first, last);
  }
  return fmt::format(
      R"({{"id":"{}","worker":"{}","why":"it fits","title":"{}","description":"Do {}.",)"
      R"("files":[{}],"constraints":[],"acceptance":["{} is done"],"commands":[{}],"output":"",)"
      R"("depends_on":[{}],"facts":["f1"]}})",
      task.id, task.worker, task.title, task.title, files, task.title, quoted_list(task.commands),
      quoted_list(task.after));
}

inline std::string plan_of(const std::vector<Planned>& tasks) {
  std::vector<std::string> elements;
  for (const Planned& task : tasks) elements.push_back(element_of(task));
  return fmt::format(R"({{"approach":"In steps.","answer":"","tasks":[{}]}})",
                     fmt::join(elements, ","));
}

inline std::vector<Worker> builtin_workers() {
  std::vector<Worker> workers;
  for (const std::string_view file : embedded_files("workers/"))
    workers.push_back(*read_worker(*embedded_file(file), file));
  return workers;
}

inline AgentInput example_input(std::string_view recipe = "feature", std::string_view shape = "") {
  AgentInput input;
  input.request = "Add a counter.";
  input.base = "base";
  input.branch = "baton/counter";
  input.map = "src/a.cc (3 lines)\nsrc/b.cc (3 lines)\n";
  input.repository = Tokens(1'000);
  input.facts = {"Tests run with make test."};
  input.recipe = *builtin_recipe(recipe, shape);
  input.workers = builtin_workers();
  return input;
}

using FileTexts = std::map<std::string, std::string>;

inline Agents::Repository example_repository(FileTexts files) {
  Agents::Repository repository;
  repository.text = [files](const std::string&, std::string_view path) -> Result<std::string> {
    const auto found = files.find(std::string(path));
    if (found == files.end()) return not_found(fmt::format("{} is not there", path));
    return found->second;
  };
  repository.files = [files](const std::string&) -> Result<std::vector<std::string>> {
    std::vector<std::string> paths;
    for (const auto& [path, text] : files) paths.push_back(path);
    return paths;
  };
  repository.diff = [](const std::string& from, const std::string& to,
                       std::size_t) -> Result<std::string> {
    return fmt::format(
        "diff --git a/src/a.cc b/src/a.cc\n-{}\n+{}\ndiff --git a/src/b.cc b/src/b.cc\n+other\n",
        from, to);
  };
  return repository;
}

inline FileTexts two_sources() {
  return {{"src/a.cc", "one\ntwo\nthree\n"}, {"src/b.cc", "uno\ndos\ntres\n"}};
}

inline Agents::Settings example_settings() {
  Agents::Settings settings;
  settings.tool_definitions = [](const std::vector<std::string>& names, std::string_view schema) {
    return fmt::format(R"([{{"tools":"{}","finish":{}}}])", fmt::join(names, " "), schema);
  };
  return settings;
}

// The run, driven as the shell drives one.
class Office {
 public:
  explicit Office(AgentInput input = example_input(), FileTexts files = two_sources(),
                  std::vector<std::string> gates = {})
      : files_(std::move(files)),
        agents(std::move(input), example_repository(files_), example_settings()),
        story(created(std::move(gates))) {
    for (const NewTask& task : agents.first_tasks()) place(task);
  }

  const Task& task(int id) const { return story.run.task(TaskId(id)); }
  bool in_call(int id) const { return task(id).status == TaskStatus::kCalling; }

  // The planner answers, in pieces.
  Verdict plan(const std::string& text, std::size_t piece = 64) {
    for (std::size_t at = 0; at < text.size(); at += piece)
      hear(std::string_view(text).substr(at, piece));
    return answer(0, text);
  }
  std::vector<NewTask> hear(std::string_view piece) {
    std::vector<NewTask> tasks = agents.read_piece(task(0), piece);
    for (const NewTask& placed : tasks) place(placed);
    return tasks;
  }
  // A whole answer without tools.
  Verdict answer(int id, std::string text, StopReason stop = StopReason::kEndTurn) {
    CallSettled settled;
    settled.text = std::move(text);
    settled.stop = stop;
    return settle(id, std::move(settled));
  }
  // It calls `finish`; what it wrote is `commit`.
  void finish(int id, std::string answer, std::string commit = {}) {
    CallSettled settled;
    settled.tool_uses = {{"u1", "finish", answer}};
    settle(id, std::move(settled));
    AgentResult result;
    result.answer = std::move(answer);
    result.commit = std::move(commit);
    if (agents.task(TaskId(id)).kind == AgentTaskKind::kIntegration)
      result.onto = agents.base_of(TaskId(id));
    ToolsEnded end;
    end.at = story.now;
    end.task = TaskId(id);
    end.calls = {{"finish", "call", "outcome", false}};
    end.result = write_agent_result(result);
    tell(end);
  }
  void write(int id, std::string commit) {
    finish(id, R"({"summary":"Done.","files":["src/a.cc"]})", std::move(commit));
  }
  // The program of an integration merges, or of the delivery delivers.
  void merge(int id, std::string commit = {}) {
    AgentResult result;
    if (agents.task(TaskId(id)).kind == AgentTaskKind::kIntegration) {
      const Integration merge = agents.integration(TaskId(id));
      result.onto = merge.ours;
      if (!merge.theirs.empty()) result.commit = commit.empty() ? "m" + merge.theirs : commit;
    }
    check(id, write_agent_result(result), true);
  }
  void conflict(int id, const std::vector<std::string>& paths = {"src/a.cc"}) {
    IntegrationTrouble trouble;
    trouble.tree = "conflicted";
    trouble.conflicts = paths;
    check(id, write_trouble(trouble), false);
  }
  void refuse(int id) {
    while (in_call(id)) answer(id, "", StopReason::kRefusal);
  }
  void approve(const std::string& gate, bool yes) { tell(ApprovalGiven{story.now, gate, yes}); }

  const Prompt& prompt(int id) const { return prompts.at(TaskId(id)); }
  const std::string& message(int id) const { return prompt(id).user.at(0).text; }

  // The same run in a new process, up to what the journal tells it.
  Agents resumed() const {
    Agents again(agents.input(), example_repository(files_), example_settings());
    for (const Task& each : story.run.tasks) again.added(each.spec, each.spec.brief);
    for (const Task& each : story.run.tasks) {
      if (each.ended()) again.finished(each, each.result, each.findings);
      if (!each.ended() && each.checked) again.checked(each.spec.id, each.findings);
    }
    return again;
  }

 private:
  static RunCreated created(std::vector<std::string> gates) {
    RunCreated created = Story::asked();
    created.gates = std::move(gates);
    return created;
  }

  void place(const NewTask& task) {
    TaskSpec spec = task.spec;
    spec.brief = task.brief;
    agents.added(spec, task.brief);
    tell(TaskAdded{story.now, std::move(spec)});
  }

  Verdict settle(int id, CallSettled settled) {
    Appraisal appraisal = agents.judge(task(id), settled);
    why = appraisal.why;
    reply = appraisal.reply;
    for (const auto& [call, open] : story.run.open_calls) {
      if (open.task != TaskId(id)) continue;
      CallEnded end = booked_end(story.run, call, settled, appraisal.verdict, settled.text,
                                 prices(), story.now);
      end.reply = appraisal.reply;
      end.message = appraisal.why;
      tell(end);
      return appraisal.verdict;
    }
    ADD_FAILURE() << "t" << id << " is not in a call";
    return appraisal.verdict;
  }

  void check(int id, std::string findings, bool covered) {
    if (!covered) agents.checked(TaskId(id), findings);
    tell(CheckersEnded{story.now, TaskId(id), std::move(findings), {}, covered});
  }

  void tell(const Event& fact) {
    facts_.push_back(fact);
    if (telling_) return;
    telling_ = true;
    while (!facts_.empty()) {
      const Event next = std::move(facts_.front());
      facts_.pop_front();
      std::vector<Event> events = story.tell(next);
      obey(next);
      for (const Event& event : events) obey(event);
    }
    telling_ = false;
  }

  void obey(const Event& event) {
    if (const auto* attempt = std::get_if<AttemptStarted>(&event)) prepare(attempt->task);
    if (const auto* turn = std::get_if<TurnStarted>(&event)) prepare(turn->task);
    if (const auto* program = std::get_if<CheckersStarted>(&event)) programs.insert(program->task);
    if (const auto* checked = std::get_if<CheckersEnded>(&event)) programs.erase(checked->task);
    if (const auto* asked = std::get_if<ApprovalAsked>(&event)) questions.insert(asked->gate);
    if (const auto* done = std::get_if<TaskFinished>(&event)) end(done->task);
    if (const auto* skipped = std::get_if<TaskSkipped>(&event)) end(skipped->task);
  }

  void prepare(TaskId id) {
    const Task& asked = story.run.task(id);
    Ask ask = agents.ask(story.run, asked);
    if (const auto* text = std::get_if<std::string>(&ask)) {
      facts_.push_back(TaskFinished{story.now, id, *text});
      return;
    }
    prompts[id] = std::get<Prompt>(std::move(ask));
    facts_.push_back(CallPrepared{story.now, id, "key", Tokens(1000), true, Tokens(1000)});
  }

  void end(TaskId id) {
    const Task& ended = story.run.task(id);
    agents.finished(ended, ended.result, ended.findings);
    if (!ended.spec.leads) return;
    for (NewTask& task : agents.follow_up(story.run, ended)) {
      task.spec.brief = task.brief;
      agents.added(task.spec, task.brief);
      facts_.push_back(TaskAdded{story.now, std::move(task.spec)});
    }
    facts_.push_back(TaskFollowed{story.now, id});
  }

  FileTexts files_;
  std::deque<Event> facts_;
  bool telling_ = false;

 public:
  Agents agents;
  Story story;
  std::map<TaskId, Prompt> prompts;
  std::set<TaskId> programs;  // that run
  std::set<std::string> questions;
  std::string why, reply;  // of the last answer judged
};

}  // namespace baton
