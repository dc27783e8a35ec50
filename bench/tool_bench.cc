// What a turn of tools costs beside the tools themselves, and what the usual tools cost.
//
//   tool_bench [TURNS]
//
// Each turn goes as in a run: from the loop's thread to the runner's, through the tool, back with
// the reply as JSON. The workspace has some hundred files of the size that source files have.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "shell/loop.h"
#include "shell/tool_runner.h"
#include "tool/tool.h"

namespace {

using namespace baton;
using Clock = std::chrono::steady_clock;

constexpr int kFiles = 300;
constexpr int kLinesOfFile = 400;

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "tool_bench: {}\n", result.error().message);
  std::exit(1);
}

struct Place {
  TemporaryFolder folder = must(TemporaryFolder::create("tool-bench"));
  Workspace workspace = must(Workspace::open(folder.path()));
  ToolSite site{.workspace = workspace};

  Place() {
    for (int file = 0; file < kFiles; ++file) {
      std::string text;
      for (int line = 0; line < kLinesOfFile; ++line) {
        text += fmt::format("int function_{}_{}(int a, int b);\n", file, line);
      }
      if (!workspace.write(fmt::format("src/part{}/file{}.h", file % 10, file), text)) std::exit(1);
    }
  }
};

// Runs one turn after the other; how long each took, sorted, in microseconds.
class Turns {
 public:
  Turns(std::shared_ptr<Place> place, int count) : place_(std::move(place)), count_(count) {}

  std::vector<double> run(std::vector<ToolUse> uses) {
    uses_ = std::move(uses);
    took_.clear();
    next();
    loop_.run();
    std::sort(took_.begin(), took_.end());
    return took_;
  }

 private:
  void next() {
    const Clock::time_point begin = Clock::now();
    runner_->run({uses_, {"read", "edit", "search", "glob", "memory"}, {place_, &place_->site}},
                 [this, begin](const ToolTurnEnd& end) {
                   const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
                   took_.push_back(took.count());
                   failed_ = failed_ || end.calls.front().result.failed;
                   if (static_cast<int>(took_.size()) < count_) return next();
                   if (failed_) fmt::print(stderr, "tool_bench: a tool failed\n");
                   loop_.stop();
                 });
  }

  Loop loop_;
  std::shared_ptr<Place> place_;
  int count_;
  std::unique_ptr<ToolRunner> runner_ = make_tool_runner(loop_, 4);
  std::vector<ToolUse> uses_;
  std::vector<double> took_;
  bool failed_ = false;
};

void show(std::string_view what, const std::vector<double>& took) {
  const auto at = [&](std::size_t percent) { return took[(took.size() - 1) * percent / 100]; };
  fmt::print("{:<34} p50 {:>9.1f} us   p99 {:>9.1f} us\n", what, at(50), at(99));
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 2000;
  const auto place = std::make_shared<Place>();
  place->site.memory.search = [](const std::string&) { return std::string("nothing"); };
  Turns turns(place, count);
  const ToolUse nothing{"toolu_0", "memory", R"({"action":"search","text":"x"})"};
  const ToolUse read{"toolu_1", "read", R"({"path":"src/part3/file3.h","last_line":100})"};
  const ToolUse edit{"toolu_2", "edit",
                     R"({"path":"src/part4/file4.h","old_text":"int ",)"
                     R"("new_text":"int  ","all":true})"};
  const ToolUse undo{"toolu_3", "edit",
                     R"({"path":"src/part4/file4.h","old_text":"int  ",)"
                     R"("new_text":"int ","all":true})"};
  show("a tool that does nothing", turns.run({nothing}));
  show("read of 100 lines", turns.run({read}));
  show("8 reads side by side", turns.run(std::vector<ToolUse>(8, read)));
  show("2 edits of a file of 400 lines", turns.run({edit, undo}));
  Turns few(place, std::max(count / 20, 1));
  show("glob over 300 files", few.run({{"toolu_4", "glob", R"({"pattern":"**/*7.h"})"}}));
  show("search over 300 files", few.run({{"toolu_5", "search", R"({"pattern":"_77_7\\("})"}}));
  return 0;
}
