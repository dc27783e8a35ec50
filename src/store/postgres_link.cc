#include "store/postgres_link.h"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <thread>

namespace baton {
namespace {

constexpr PgStatement kRollback = {"rollback", "ROLLBACK"};
constexpr std::int64_t kFirstPauseMs = 20;
constexpr std::int64_t kLongestPauseMs = 1'000;
// What is undone for others' sake for so long does not pass, and whoever waits behind it is told.
constexpr Millis kLongestContention = Millis::seconds(60);

using Clock = std::chrono::steady_clock;

Millis since(Clock::time_point moment) {
  return Millis(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - moment).count());
}

// Of many processes that lost the same server, or fight over the same rows, no two come back at
// once.
void pause(std::int64_t milliseconds) {
  thread_local std::minstd_rand dice(std::random_device{}());
  std::uniform_int_distribution<std::int64_t> spread(milliseconds / 2, milliseconds);
  std::this_thread::sleep_for(std::chrono::milliseconds(spread(dice)));
}

}  // namespace

PgLink::PgLink(PgServer server, PgSession session, std::function<Status(PgConnection&)> greet)
    : server_(std::move(server)), session_(session), greet_(std::move(greet)) {}

Status PgLink::connect() {
  Result<std::unique_ptr<PgConnection>> opened = PgConnection::open(server_.address, session_);
  if (!opened) return opened.error();
  if (Status greeted = greet_(**opened); !greeted) return greeted;
  connection_ = std::move(*opened);
  return {};
}

Status PgLink::with(const std::function<Status(PgConnection&)>& work) {
  const auto begun = Clock::now();
  std::optional<Clock::time_point> contended;  // since when, the server being there
  std::int64_t length = kFirstPauseMs;
  for (;;) {
    bool passes = true;  // a server that cannot be reached may come back
    bool is_there = false;
    Status done = connection_ ? Status() : connect();
    if (done) {
      done = work(*connection_);
      if (done) return done;
      const PgTrouble trouble = connection_->trouble();
      passes = trouble == PgTrouble::kLost || trouble == PgTrouble::kAgain;
      is_there = trouble != PgTrouble::kLost && connection_->run(kRollback).ok();
      if (!is_there) connection_.reset();
    }
    if (!passes || !patient_) return done;
    if (!is_there) contended.reset();
    if (is_there && !contended) contended = Clock::now();
    const bool in_vain = contended && since(*contended) >= kLongestContention;
    if (in_vain || since(begun) >= server_.outage) {
      return storage_error(
          fmt::format("{} (tried for {})", done.error().message, duration_text(since(begun))));
    }
    pause(length);
    length = std::min(2 * length, kLongestPauseMs);
  }
}

}  // namespace baton
