#include "app/agent_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/files.h"
#include "app/say.h"
#include "base/text.h"
#include "intake/git.h"
#include "intake/intake.h"
#include "intake/tree_map.h"
#include "tool/tool.h"
#include "worker/worker.h"

namespace baton {
namespace {

constexpr std::size_t kMostRequest = 256 << 10;
constexpr Tokens kInstructions{4'000};
constexpr Tokens kFacts{1'500};
// Of the planner's context, what is left for its words, the workers and its answer.
constexpr int kMapPercent = 60;
constexpr std::size_t kMostFile = 4 << 20;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

Result<std::string> request_of(const AgentOptions& options) {
  if (is_blank(options.request) == options.spec.empty()) {
    return usage_error(
        fmt::format("say what is wanted in one of two ways: `baton {} \"WORDS\"`, or --spec FILE",
                    options.workflow));
  }
  if (options.spec.empty()) return options.request;
  Result<std::string> text = options.spec == "-" ? read_diff("-") : read_file(options.spec);
  if (!text) return text;
  if (text->size() > kMostRequest) {
    return usage_error(fmt::format("--spec {}: it has {} KiB, and a request may have {} KiB",
                                   options.spec, text->size() >> 10, kMostRequest >> 10));
  }
  if (is_blank(*text))
    return usage_error(fmt::format("--spec {}: the file is empty", options.spec));
  return to_utf8(*text);
}

// "baton/greet-in-french-k3x9".
std::string made_up_branch(std::string_view request, const RunId& run) {
  std::string slug;
  for (const char c : request.substr(0, 200)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    if (letter) slug += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    if (!letter && !slug.empty() && slug.back() != '-') slug += '-';
    if (slug.size() >= 40) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return fmt::format("baton/{}{}{}", slug, slug.empty() ? "" : "-", run.substr(run.size() - 4));
}

void say_uncommitted(const std::filesystem::path& root) {
  const Result<ProgramOutput> status =
      git(root, {"status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"});
  if (status && status->status == 0 && !status->out.empty())
    say("uncommitted changes are left as they are, and are not part of what is built upon");
}

Result<std::vector<std::string>> remembered(Memory& memory, const std::string& project,
                                            const std::string& request) {
  const Result<std::vector<Fact>> facts = memory.recall(project, request, kFacts);
  if (!facts) return facts.error();
  std::vector<std::string> texts;
  for (const Fact& fact : *facts) texts.push_back(fact.text);
  return texts;
}

// Texts of commits, which never change, kept: prompts of later turns show the same ones. Used on
// the loop's thread alone.
class TextCache {
 public:
  explicit TextCache(const RunRepository& repository) : repository_(repository) {}

  Result<std::string> text(const std::string& commit, std::string_view path) {
    const std::pair key(commit, std::string(path));
    if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
    Result<std::string> text = repository_.text(commit, path, kMostFile);
    if (text && bytes_ + text->size() <= kMostKept) {
      bytes_ += text->size();
      texts_.emplace(key, *text);
    }
    return text;
  }

 private:
  static constexpr std::size_t kMostKept = 64 << 20;

  const RunRepository& repository_;
  std::map<std::pair<std::string, std::string>, std::string> texts_;
  std::size_t bytes_ = 0;
};

Agents::Repository reader_of(const RunRepository& repository) {
  const auto cache = std::make_shared<TextCache>(repository);
  return {.text = [cache](const std::string& commit,
                          std::string_view path) { return cache->text(commit, path); },
          .diff = [&repository](const std::string& from, const std::string& to,
                                std::size_t limit) { return repository.diff(from, to, limit); },
          .files = [&repository](const std::string& commit) { return repository.files(commit); }};
}

}  // namespace

std::filesystem::path run_folder(const std::filesystem::path& state, const RunId& run) {
  return state / "worktrees" / run;
}

Result<AgentInput> read_agent_options(const AgentOptions& options, const RunId& run,
                                      const RunRequest& request, const std::filesystem::path& state,
                                      bool sandbox, Memory& memory) {
  AgentInput input;
  Result<std::string> wanted = request_of(options);
  if (!wanted) return wanted.error();
  input.request = std::move(*wanted);
  if (Status sound = check_repository(options.repo); !sound) return sound.error();
  const std::filesystem::path root = *repository_root(options.repo);
  Result<std::string> base = resolve_commit(root, options.base.empty() ? "HEAD" : options.base);
  if (!base) return base.error();
  input.base = std::move(*base);
  say_uncommitted(root);
  Result<Recipe> recipe = builtin_recipe(options.workflow, options.shape);
  if (!recipe) return recipe.error();
  input.recipe = std::move(*recipe);
  if (options.rounds >= 0) input.recipe.review_rounds = options.rounds;
  const Tokens context = input.recipe.planner.context.value_or(Tokens(40'000));
  const Result<TreeMap> map = tree_map({.repository = root,
                                        .commit = input.base,
                                        .cache = state / "cache" / "symbols",
                                        .budget = Tokens(context.count() * kMapPercent / 100),
                                        .focus = input.request});
  if (!map) return map.error();
  input.map = map->text;
  input.repository = map->whole;
  WorkerTable table = load_workers(root, config_folder(), home_folder());
  for (const WorkerProblem& problem : table.problems)
    say(fmt::format("{}; it is left out", problem.what));
  for (const Worker& worker : table.workers) {
    for (const std::string& note : worker.notes)
      say(fmt::format("worker {} ({}): {}", worker.name, worker.source, note));
  }
  input.skills = std::move(table.skills);
  input.workers = std::move(table.workers);
  input.instructions = project_instructions(root, "", kInstructions).text;
  Result<std::vector<std::string>> facts = remembered(memory, request.project, input.request);
  if (!facts) return facts.error();
  input.facts = std::move(*facts);
  input.commands = sandbox;
  input.pdf = sandbox;  // what of the renderer is missing, the tool itself tells
  input.branch = options.branch.empty() ? made_up_branch(input.request, run) : options.branch;
  if (Status free = RunRepository::check_new_branch(root, input.branch); !free) return free.error();
  return input;
}

AgentRun::AgentRun(const AgentRunStart& start, RunRepository repository,
                   std::optional<Sandbox> sandbox, std::unique_ptr<Memory> memory)
    : repository_(std::move(repository)),
      sandbox_(std::move(sandbox)),
      memory_(std::move(memory)),
      approval_(start.attended ? make_approval(start.loop, start.line) : nobody_to_ask()) {}

Result<std::unique_ptr<AgentRun>> AgentRun::open(AgentRunStart start,
                                                 const std::filesystem::path& user_repository,
                                                 std::optional<Sandbox> sandbox,
                                                 std::unique_ptr<Memory> memory) {
  Result<RunRepository> repository =
      RunRepository::open(run_folder(start.state, start.run), user_repository, start.input.base);
  if (!repository) return repository.error();
  std::unique_ptr<AgentRun> run(
      new AgentRun(start, std::move(*repository), std::move(sandbox), std::move(memory)));
  run->agents_ =
      std::make_unique<Agents>(std::move(start.input), reader_of(run->repository_),
                               Agents::Settings{.max_tasks = start.max_tasks,
                                                .tool_definitions = tool_definitions,
                                                .tokenizer_percent = start.tokenizer_percent});
  AgentRunnerParts parts{.loop = start.loop,
                         .repository = run->repository_,
                         .agents = *run->agents_,
                         .run = std::move(start.run),
                         .project = std::move(start.project),
                         .sandbox = run->sandbox_ ? &*run->sandbox_ : nullptr,
                         .memory = run->memory_.get(),
                         .allow_command = {}};
  if (start.asks) {
    parts.allow_command = [asked = run->approval_.get()](const std::string& command) {
      return asked->allow_command(command);
    };
  }
  run->runner_ = make_agent_runner(std::move(parts));
  return run;
}

// A command that waits for a person would keep the runner's threads for ever.
AgentRun::~AgentRun() {
  approval_->give_up();
}

RunParts AgentRun::parts() {
  return {.workflow = *agents_,
          .programs = [this](const CheckerRequest& request,
                             auto done) { runner_->run_program(request, std::move(done)); },
          .tools = [this](const ToolsRequest& request,
                          auto done) { runner_->use_tools(request, std::move(done)); },
          .ask_approval =
              [this](const std::string& gate, auto answered) {
                const std::string asked =
                    gate == "plan" ? "Start these tasks?" : "Make the branch with this?";
                approval_->ask(agents_->question(gate), asked, std::move(answered));
              }};
}

}  // namespace baton
