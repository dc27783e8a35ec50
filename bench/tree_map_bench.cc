// How long the map of a repository takes: the first time, and once its texts are known.
//
//   tree_map_bench [FILES] [FOLDER]
//
// Makes a repository of FILES (default: 10,000) source files of several languages, of 50 to 200
// lines that use each other's names, in FOLDER (made, and removed at the end; default:
// ./tree-map-bench).
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/run_and_read.h"
#include "intake/tree_map.h"

namespace {

using namespace baton;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "tree_map_bench: {}\n", message);
  std::exit(1);
}

void git(const fs::path& folder, std::vector<std::string> arguments) {
  std::vector<std::string> argv = {"git",
                                   "-C",
                                   folder.string(),
                                   "-c",
                                   "user.name=Bench",
                                   "-c",
                                   "user.email=bench@example.com",
                                   "-c",
                                   "gc.auto=0"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Result<ProgramOutput> output = run_and_read(
      {.argv = argv, .environment = {}, .input = {}, .timeout = std::chrono::minutes(5)});
  if (!output || output->status != 0) stop(output ? output->err : output.error().message);
}

struct Language {
  const char* extension;
  const char* function;  // {0}: its name, {1} and {2}: what it calls, {3}: a number
};
constexpr Language kLanguages[] = {
    {".cc",
     "// Settles what {0} was given, in the order it came.\nint {0}(int count, const Order& order) "
     "{{\n  int total = {3};\n  for (int i = 0; i < count; ++i) {{\n    if (order.quantity(i) > "
     "total) total += {1}(i, order);\n  }}\n  return total + {2}(total, order);\n}}\n\n"},
    {".py",
     "def {0}(count, order=None):\n    \"\"\"Settles what it was given, in the order it "
     "came.\"\"\"\n"
     "    total = {3}\n    for i in range(count):\n        if order and order[i] > total:\n"
     "            total += {1}(i, order)\n    return total + {2}(total, order)\n\n\n"},
    {".ts",
     "export function {0}(count: number, order: Order): number {{\n  let total = {3};\n  for (let "
     "i "
     "= 0; i < count; ++i) {{\n    if (order.quantity(i) > total) total += {1}(i, order);\n  }}\n  "
     "return total + {2}(total, order);\n}}\n\n"},
    {".go",
     "// {0} settles what it was given, in the order it came.\nfunc {0}(count int, order *Order) "
     "int "
     "{{\n\ttotal := {3}\n\tfor i := 0; i < count; i++ {{\n\t\tif order.Quantity(i) > total {{\n"
     "\t\t\ttotal += {1}(i, order)\n\t\t}}\n\t}}\n\treturn total + {2}(total, order)\n}}\n\n"},
    {".rs",
     "pub fn {0}(count: usize, order: &Order) -> usize {{\n    let mut total = {3};\n    for i in "
     "0..count {{\n        if order.quantity(i) > total {{\n            total += {1}(i, order);\n"
     "        }}\n    }}\n    total + {2}(total, order)\n}}\n\n"},
};

std::string function_name(std::size_t file, std::size_t number) {
  return fmt::format("settle_order_{}_{}", file, number);
}

void make_repository(const fs::path& folder, std::size_t files) {
  std::mt19937 random(1);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::size_t bytes = 0;
  for (std::size_t file = 0; file < files; ++file) {
    const Language& language = kLanguages[file % std::size(kLanguages)];
    const fs::path path = folder / fmt::format("part{}/module{}/file{}{}", file % 20, file % 200,
                                               file, language.extension);
    fs::create_directories(path.parent_path());
    std::string text;
    const std::size_t functions = 5 + below(16);
    for (std::size_t i = 0; i < functions; ++i) {
      text += fmt::format(fmt::runtime(language.function), function_name(file, i),
                          function_name(below(files), 0), function_name(below(files / 10), 1),
                          below(1000));
    }
    bytes += text.size();
    std::ofstream(path) << text;
  }
  git(folder, {"init", "-q"});
  git(folder, {"add", "-A"});
  git(folder, {"commit", "-q", "-m", "All"});
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 5; ++j) {
      const std::size_t file = below(files / 5) * 5;  // C++
      std::ofstream(folder / fmt::format("part{}/module{}/file{}.cc", file % 20, file % 200, file),
                    std::ios::app)
          << fmt::format("int change_{}_{}() {{ return 1; }}\n", i, j);
    }
    git(folder, {"commit", "-q", "-a", "-m", "Change"});
  }
  fmt::print("{} files, {:.1f} MB\n", files, static_cast<double>(bytes) * 1e-6);
}

void measure(const char* what, const TreeMapRequest& request) {
  const Clock::time_point begin = Clock::now();
  const Result<TreeMap> map = tree_map(request);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!map) stop(map.error().message);
  fmt::print("{:<28} {:>6.3f} s  {} files, map of {} KiB\n", what, seconds, map->files,
             map->text.size() / 1024);
  for (const std::string& note : map->notes) fmt::print("  {}\n", note);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t files = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const fs::path folder = argc > 2 ? argv[2] : "tree-map-bench";
  if (files < 100) stop("at least 100 files");
  if (fs::exists(folder)) stop(folder.string() + " is there already");
  make_repository(folder, files);
  TreeMapRequest request{.repository = folder,
                         .commit = "HEAD",
                         .cache = folder / ".git" / "cache",
                         .focus = "Let settle_order_17 round to cents in module17"};
  for (const char* storage : {"loose objects", "packed"}) {
    fmt::print("{}\n", storage);
    fs::remove_all(request.cache);
    measure("  cold", request);
    for (int i = 0; i < 3; ++i) measure("  warm", request);
    request.commit = "HEAD~1";
    measure("  another commit", request);
    request.commit = "HEAD";
    git(folder, {"gc", "-q"});
  }
  fs::remove_all(folder);
}
