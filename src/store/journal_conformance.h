// What every Journal must do, whatever keeps it: the promises of journal.h as tests
// (journal_conformance_test.cc), and the words they are told in. A backend's own tests instantiate
// them:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, JournalConformance, testing::Values(&make_sqlite_store));
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <thread>

#include "store/journal.h"

namespace baton {

// A place for one journal, empty at first and removed with the object.
class TestStore {
 public:
  virtual ~TestStore() = default;
  // As a process would at its start; any number at a time. `done` of appends is called on whatever
  // thread it comes from.
  virtual Result<std::unique_ptr<Journal>> open() = 0;
  // Called in a process made for it: from here on, its writes fail as on a full disk.
  virtual void leave_no_room() = 0;
  // What keeps its tests from being run here; empty: nothing.
  virtual std::string missing() const { return {}; }
  // How long the lease of a killed process may still keep others from its run.
  virtual Millis longest_lease_of_the_dead() const { return {}; }
};
using MakeTestStore = std::unique_ptr<TestStore> (*)();

// ---- the vocabulary of the tests ----

inline constexpr Instant kNoon = Instant::from_unix_ms(1'795'176'000'000);

inline Event created(const RunId& run, Instant at = kNoon) {
  return RunCreated{.at = at, .run = run, .workflow = "review", .title = "title of " + run};
}

// An event that can be told from others by its number.
inline Event mark(int number) {
  return CheckersStarted{.at = kNoon, .task = TaskId(number)};
}

inline Status append(Journal& journal, const RunId& run, std::vector<Event> events,
                     std::vector<Blob> blobs = {}) {
  std::promise<Status> answer;
  journal.append(run, std::move(events), std::move(blobs),
                 [&](Status status) { answer.set_value(std::move(status)); });
  return answer.get_future().get();
}

inline Result<Money> allot(Journal& journal, const RunId& run, Money amount, const DayCap& cap) {
  std::promise<Result<Money>> answer;
  journal.allot(run, cap, amount,
                [&](Result<Money> granted) { answer.set_value(std::move(granted)); });
  return answer.get_future().get();
}

// For what another thread or process is about to do. False if it did not in half a minute.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 3'000; ++i) {
    if (holds()) return true;
    ::usleep(10'000);
  }
  return false;
}

inline bool leased_within(Journal& journal, const RunId& run, Millis longest) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(longest.count());
  while (!journal.lease(run).ok()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::usleep(10'000);
  }
  return true;
}

inline std::unique_ptr<Journal> opened(TestStore& store) {
  Result<std::unique_ptr<Journal>> journal = store.open();
  if (!journal) {
    ADD_FAILURE() << journal.error().message;
    std::abort();
  }
  return std::move(*journal);
}

inline std::vector<std::string> damage_of(Journal& journal) {
  const Result<std::vector<Damage>> damage = journal.verify();
  if (!damage) return {"verify failed: " + damage.error().message};
  std::vector<std::string> found;
  for (const Damage& d : *damage) {
    found.push_back(d.run.empty() ? d.what : fmt::format("run {}: {}", d.run, d.what));
  }
  return found;
}

// What two processes can both see.
class SharedCounter {
 public:
  SharedCounter()
      : count_(new (::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>(0)) {}
  ~SharedCounter() { ::munmap(count_, sizeof(std::atomic<int>)); }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;

  void set(int count) { count_->store(count); }
  int get() const { return count_->load(); }
  // False if it did not get there in half a minute.
  bool reaches(int count) const {
    for (int i = 0; i < 30'000 && get() < count; ++i) ::usleep(1'000);
    return get() >= count;
  }

 private:
  std::atomic<int>* count_;
};

// A process that does `work` and ends with its answer. Start it before any journal is opened: a
// fork takes no other thread along.
class Child {
 public:
  explicit Child(const std::function<int()>& work) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(work());
  }
  ~Child() {
    if (pid_ > 0) kill_now();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int exit_code() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void kill_now() {
    ::kill(pid_, SIGKILL);
    exit_code();
  }

 private:
  pid_t pid_;
};

// ---- the promises ----

class JournalConformance : public testing::TestWithParam<MakeTestStore> {
 protected:
  void SetUp() override {
    if (const std::string why = store_->missing(); !why.empty()) GTEST_SKIP() << why;
  }

  std::unique_ptr<TestStore> store_ = GetParam()();
};

}  // namespace baton
