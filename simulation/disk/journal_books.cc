#include "disk/journal_books.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/sqlite.h"

namespace baton::disk {

Money JournalBooks::promised(const std::string& project, const std::string& day) const {
  Money sum;
  for (const auto& [key, share] : shares) {
    if (std::get<0>(key) == project && std::get<1>(key) == day) sum += share;
  }
  return sum;
}

Money JournalBooks::tell(const Step& step) {
  for (const Event& event : step.events) {
    events[step.run].push_back(event);
    const auto* ended = std::get_if<RunEnded>(&event);
    if (ended == nullptr || ended->day.empty()) continue;
    for (auto& [key, share] : shares) {
      if (std::get<1>(key) == ended->day && std::get<2>(key) == step.run) share = ended->day_used;
    }
  }
  for (const Blob& blob : step.blobs) texts.insert(blob.id);
  if (!step.asked) return {};
  const auto& [cap, amount] = *step.asked;
  const Money granted = std::clamp(cap.cap - promised(cap.project, cap.day), Money(), amount);
  if (granted > Money()) shares[{cap.project, cap.day, step.run}] += granted;
  return granted;
}

Result<JournalBooks> read_books(Journal& journal, const std::filesystem::path& database) {
  JournalBooks books;
  const Result<std::vector<RunSummary>> runs = journal.runs();
  if (!runs) return runs.error();
  for (const RunSummary& run : *runs) {
    Result<std::vector<Event>> events = journal.events(run.run);
    if (!events) return events.error();
    books.events[run.run] = std::move(*events);
    if (run.key.empty()) continue;
    const Result<std::optional<RunId>> keyed = journal.run_with_key(run.key);
    if (!keyed) return keyed.error();
    if (*keyed != run.run) return input_error(fmt::format("the key of {} names another", run.run));
  }

  Result<std::unique_ptr<Database>> tables =
      Database::open(database, Database::Mode::kRead, Millis(0));
  if (!tables) return tables.error();
  Result<Statement> texts = (*tables)->prepare("SELECT id FROM blobs");
  if (!texts) return texts.error();
  for (Result<bool> row = texts->next(); !row || *row; row = texts->next()) {
    if (!row) return row.error();
    const BlobId id(texts->text(0));
    if (const Result<std::string> text = journal.blob(id); !text) return text.error();
    books.texts.insert(id);
  }
  Result<Statement> shares = (*tables)->prepare("SELECT project, day, run, share FROM day_shares");
  if (!shares) return shares.error();
  for (Result<bool> row = shares->next(); !row || *row; row = shares->next()) {
    if (!row) return row.error();
    books.shares[{std::string(shares->text(0)), std::string(shares->text(1)),
                  std::string(shares->text(2))}] = Money::pico(shares->integer(3));
  }
  return books;
}

std::string difference(const JournalBooks& expected, const JournalBooks& found) {
  std::string text;
  std::set<RunId> runs;
  for (const auto& [run, events] : expected.events) runs.insert(run);
  for (const auto& [run, events] : found.events) runs.insert(run);
  for (const RunId& run : runs) {
    const auto of = [&run](const JournalBooks& books) {
      const auto there = books.events.find(run);
      return there == books.events.end() ? std::vector<Event>() : there->second;
    };
    const std::vector<Event> then = of(expected);
    const std::vector<Event> now = of(found);
    if (then == now) continue;
    const auto same = std::mismatch(then.begin(), then.end(), now.begin(), now.end()).first;
    text += fmt::format("run {}: {} events, expected {}, the first {} of them alike; ", run,
                        now.size(), then.size(), same - then.begin());
  }
  if (expected.texts != found.texts)
    text += fmt::format("{} texts, expected {}; ", found.texts.size(), expected.texts.size());
  for (const auto& [key, share] : expected.shares) {
    const auto there = found.shares.find(key);
    const Money now = there == found.shares.end() ? Money() : there->second;
    if (now == share) continue;
    text += fmt::format("share of {} on {}: {}, expected {}; ", std::get<2>(key), std::get<1>(key),
                        now.to_display(), share.to_display());
  }
  return text;
}

}  // namespace baton::disk
