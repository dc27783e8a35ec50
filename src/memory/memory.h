// Memory: facts that outlive a run, in the state folder (memory.db). Workers propose; a rule adds;
// a person has the last word. A fact is data: it is shown to workers as something that was noted,
// never as something to obey.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/tokens.h"

namespace baton {

struct FactSource {
  std::string run;     // empty: a person
  std::string task;    // "t4"
  std::string worker;  // "code-writer"
  bool operator==(const FactSource&) const = default;
};

enum class FactState { kProposed, kKept, kDropped };
std::string_view to_string(FactState state);

struct Fact {
  std::int64_t id = 0;
  std::string project;
  std::string text;
  FactSource source;
  FactState state = FactState::kProposed;
  std::string why;         // why it was dropped, or changed, for people
  Instant at;              // proposed
  std::int64_t shown = 0;  // how often it went into a pack
  bool operator==(const Fact&) const = default;
};

// Whether a proposed text may be kept, by rule alone (memory_rules.h): length, one statement, no
// secret, no instruction. Empty: it may; else why not.
std::string objection_to(std::string_view text);

// Any thread may call; several processes may have it open at once.
class Memory {
 public:
  virtual ~Memory() = default;

  // Makes memory.db if it is not there. kStorage, with what to do, if it is damaged, is something
  // else, or was written by a later version.
  static Result<std::unique_ptr<Memory>> open(const std::filesystem::path& state);

  // The same text of the same project (but for case, spaces and punctuation) is one fact, whoever
  // proposes it again. Returns it as it now stands. kInput, with nothing stored, if there is an
  // objection to the text, or the task has proposed too much already.
  virtual Result<Fact> propose(std::string_view project, std::string_view text,
                               const FactSource& source, Instant at) = 0;
  // The task that proposed them was accepted: what has no objection is kept, at most `most` of one
  // run; the rest is dropped with the reason. What a person has dropped stays so.
  virtual Status settle(std::string_view run, std::string_view task, int most) = 0;

  // The oldest first.
  virtual Result<std::vector<Fact>> list(std::string_view project,
                                         std::optional<FactState> state) = 0;
  // Kept facts that fit the query best, by full text, within the budget. Counted as shown. A query
  // without words gets the latest.
  virtual Result<std::vector<Fact>> recall(std::string_view project, std::string_view query,
                                           Tokens budget) = 0;
  // The same for a person who looks: of every state, not counted, at most `most`.
  virtual Result<std::vector<Fact>> search(std::string_view project, std::string_view query,
                                           int most) = 0;
  virtual Result<Fact> fact(std::int64_t id) = 0;  // kNotFound if there is none

  // A person's: added at once, changed, dropped. A person may say what to do, so only the form and
  // secrets are objected to (kInput).
  virtual Result<Fact> add(std::string_view project, std::string_view text, Instant at) = 0;
  virtual Result<Fact> edit(std::int64_t id, std::string_view text) = 0;
  virtual Result<Fact> set_state(std::int64_t id, FactState state, std::string_view why) = 0;
};

}  // namespace baton
