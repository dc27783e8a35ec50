#include "app/doctor_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "app/run_lookup.h"
#include "app/say.h"
#include "app/settings.h"
#include "app/spend_options.h"
#include "app/store.h"
#include "base/run_and_read.h"
#include "base/text.h"
#include "sandbox/sandbox.h"
#include "store/damage_mark.h"
#include "store/postgres_journal.h"
#include "worktree/left_over.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Point {
  enum class Level { kGood, kMissing, kBroken };  // kMissing: something is done without it
  Level level = Level::kGood;
  std::string what;
  std::string says;
};

std::string_view to_string(Point::Level level) {
  switch (level) {
    case Point::Level::kGood:
      return "good";
    case Point::Level::kMissing:
      return "missing";
    case Point::Level::kBroken:
      return "broken";
  }
  return {};
}

// The first line a program says of its version.
std::string version_of(const std::string& program) {
  const Result<ProgramOutput> output = run_and_read({.argv = {program, "--version"},
                                                     .environment = {},
                                                     .input = {},
                                                     .timeout = std::chrono::seconds(10)});
  if (!output || output->status != 0) return {};
  return output->out.substr(0, output->out.find('\n'));
}

Point program(const std::string& name, const std::string& package, std::string_view without,
              Point::Level level) {
  std::string version = version_of(name);
  if (!version.empty()) return {Point::Level::kGood, name, std::move(version)};
  return {level, name, fmt::format("not there: {}; install the package {}", without, package)};
}

Point sandbox() {
  const Result<Sandbox> opened = Sandbox::open();
  if (!opened) {
    return {Point::Level::kMissing, "sandbox",
            fmt::format("{}. Workers do without a shell, and acceptance commands are not run",
                        opened.error().message)};
  }
  const auto held = std::count_if(opened->probes().begin(), opened->probes().end(),
                                  [](const ProbeResult& probe) { return probe.held; });
  return {Point::Level::kGood, "sandbox",
          fmt::format("{} of {} attacks of the start-up probe were held", held,
                      opened->probes().size())};
}

Point key() {
  const Result<Endpoint> where = endpoint();
  if (!where) return {Point::Level::kBroken, "provider", where.error().message};
  if (where->credentials.empty()) {
    return {Point::Level::kMissing, "provider",
            "no key (ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN): reviews are local, nothing else "
            "runs"};
  }
  return {Point::Level::kGood, "provider",
          fmt::format("a key is set; calls go to {}", where->messages_url())};
}

Point state_of(const fs::path& state) {
  std::error_code error;
  const fs::space_info space = fs::space(fs::exists(state, error) ? state : "/", error);
  const auto gib = [](std::uintmax_t bytes) { return static_cast<double>(bytes) / (1u << 30); };
  if (fs::exists(state, error) && ::access(state.c_str(), W_OK | X_OK) != 0) {
    return {Point::Level::kBroken, "state",
            fmt::format("{} cannot be written to; give --state DIR", state.string())};
  }
  const bool little = !error && space.available < (std::uintmax_t{1} << 30);
  return {little ? Point::Level::kMissing : Point::Level::kGood, "state",
          fmt::format("{}, {:.1f} GiB free{}", state.string(), gib(space.available),
                      little ? ": that is little for worktrees" : "")};
}

// What runs are kept in, or will be.
Point store_of(const StorePlace& place) {
  const std::string what = place.is_shared() ? "store" : "journal";
  const fs::path file = place.state / "baton.db";
  std::error_code unknown;
  if (!place.is_shared()) {
    if (const auto damage = damage_mark(place.state)) {
      return {
          Point::Level::kBroken, what,
          fmt::format("damaged, and only read: {}; `baton verify` tells of all of it", *damage)};
    }
    if (!fs::exists(file, unknown)) return {Point::Level::kGood, what, "none yet"};
  }
  const auto journal = open_existing(place);
  if (!journal) return {Point::Level::kBroken, what, journal.error().message};
  return {Point::Level::kGood, what,
          place.is_shared() ? postgres_url_shown(place.url) : file.string()};
}

// ---- what runs have left ----

struct Left {
  LeftOver folder;
  std::string run;
  std::string status;
  bool needed = false;  // by a run that goes on, or can be resumed
};

// What no run is known to need, none needs: so the runs must be known, all of them.
Result<std::vector<Left>> left_by_runs(const StorePlace& place) {
  std::vector<Left> all;
  std::vector<LeftOver> folders = run_repositories(place.state);
  if (folders.empty()) return all;
  const auto journal = open_existing(place);
  if (!journal) return journal.error();
  const Result<std::vector<RunSummary>> runs = (*journal)->runs();
  if (!runs) return runs.error();
  const Result<Queue> queue = queue_of(**journal);
  if (!queue) return queue.error();
  for (LeftOver& folder : folders) {
    Left left{std::move(folder), {}, "unknown", false};
    left.run = left.folder.path.filename().string();
    for (const RunSummary& run : *runs) {
      if (run.run != left.run) continue;
      left.status = status_shown(**journal, run, *queue);
      left.needed = left.status != "complete";
    }
    // Somebody drives it now.
    left.needed |= !(*journal)->lease(left.run).ok();
    all.push_back(std::move(left));
  }
  return all;
}

std::string left_line(const Left& left) {
  const double mib = static_cast<double>(left.folder.bytes) / (1u << 20);
  if (left.needed) {
    return fmt::format("{}: {:.1f} MiB of a run that is {}; `baton resume {}` needs them", left.run,
                       mib, left.status, left.run);
  }
  return fmt::format("{}: {:.1f} MiB that no run needs ({})", left.run, mib, left.status);
}

std::vector<Point> leftovers(const StorePlace& place, bool clean) {
  std::vector<Point> points;
  const Result<std::vector<Left>> all = left_by_runs(place);
  if (!all)
    return {{Point::Level::kBroken, "worktrees", all.error().message + "; nothing is removed"}};
  for (const Left& left : *all) {
    if (left.needed || !clean) {
      points.push_back({left.needed ? Point::Level::kGood : Point::Level::kMissing, "worktrees",
                        left_line(left)});
      if (!left.needed) points.back().says += "; --clean removes them";
      continue;
    }
    std::error_code error;
    fs::remove_all(left.folder.path, error);
    points.push_back(
        {error ? Point::Level::kBroken : Point::Level::kGood, "worktrees",
         error ? fmt::format("{} cannot be removed: {}", left.folder.path.string(), error.message())
               : fmt::format("{}: removed", left.run)});
  }
  return points;
}

std::vector<Point> examine(const StorePlace& place, bool clean) {
  using enum Point::Level;
  std::vector<Point> points = {
      program("git", "git", "nothing of a repository can be read", kBroken),
      key(),
      state_of(place.state),
      store_of(place),
      sandbox(),
      program("ctags", "universal-ctags", "planners see files without their symbols", kMissing),
      program("rg", "ripgrep", "workers cannot search", kMissing),
      program("pandoc", "pandoc", "no PDF can be made", kMissing),
      program("weasyprint", "weasyprint", "no PDF can be made", kMissing)};
  std::vector<Point> left = leftovers(place, clean);
  points.insert(points.end(), left.begin(), left.end());
  return points;
}

}  // namespace

ExitCode doctor_command(const DoctorOptions& options) {
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  const std::vector<Point> points = examine(*place, options.clean);
  json::array rows;
  for (const Point& point : points) {
    if (options.format == "json") {
      rows.push_back(json::object{
          {"what", point.what}, {"level", to_string(point.level)}, {"says", point.says}});
    } else {
      fmt::print("{:<8} {:<11} {}\n", to_string(point.level), point.what, for_terminal(point.says));
    }
  }
  if (options.format == "json") fmt::print("{}\n", json::serialize(rows));
  const bool broken = std::any_of(points.begin(), points.end(), [](const Point& point) {
    return point.level == Point::Level::kBroken;
  });
  return broken ? ExitCode::kSystem : ExitCode::kDone;
}

}  // namespace baton
