// How long a command in a sandbox takes when it does nothing.
//
//   sandbox_bench [TIMES]
//
// Beside it, the same program started without a sandbox; and what opening the sandbox costs, probe
// included, which a process pays once.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "base/run_and_read.h"
#include "base/temporary_folder.h"
#include "sandbox/sandbox.h"

namespace {

using namespace baton;
using Clock = std::chrono::steady_clock;

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "sandbox_bench: {}\n", error.message);
  std::exit(1);
}

double milliseconds(const std::function<void()>& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Of the programs that were started and have ended.
double cpu_milliseconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) * 1e-3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

void measure(const char* name, int times, const std::function<void()>& work) {
  std::vector<double> took;
  const double cpu_before = cpu_milliseconds();
  for (int i = 0; i < times; ++i) took.push_back(milliseconds(work));
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))];
  };
  fmt::print("{:<24} p50 {:6.2f} ms   p95 {:6.2f} ms   least {:6.2f} ms   CPU {:6.2f} ms\n", name,
             at(0.5), at(0.95), took.front(), (cpu_milliseconds() - cpu_before) / times);
}

}  // namespace

int main(int argc, char** argv) {
  const int times = std::max(1, argc > 1 ? std::atoi(argv[1]) : 200);
  fmt::print("{:<24}     {:6.2f} ms\n", "open, with its probe", milliseconds([] {
               const Result<Sandbox> opened = Sandbox::open();
               if (!opened) stop(opened.error());
             }));
  const Result<Sandbox> sandbox = Sandbox::open();
  const Result<TemporaryFolder> folder = TemporaryFolder::create("baton-sandbox-bench");
  if (!folder) stop(folder.error());
  const Status adopted = Sandbox::adopt(folder->path());
  if (!adopted) stop(adopted.error());

  const SandboxJob job = {.argv = {"/usr/bin/true"}, .workspace = folder->path()};
  measure("in a sandbox", times, [&] {
    const Result<SandboxEnd> end = sandbox->run(job, nullptr);
    if (!end) stop(end.error());
  });
  measure("without", times, [] {
    const Result<ProgramOutput> end = run_and_read({.argv = {"/usr/bin/true"}});
    if (!end) stop(end.error());
  });
  return 0;
}
