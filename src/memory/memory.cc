#include "memory/memory.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "base/words.h"
#include "memory/full_text_query.h"
#include "memory/memory_rules.h"
#include "memory/memory_schema.h"

namespace baton {
namespace {

// One task has a few things to note; a thousand are a loop or an attack.
constexpr std::int64_t kMostOfOneTask = 50;
// Facts looked at for one recall: far more than any budget has room for.
constexpr std::int64_t kMostCandidates = 500;

// As src/prompt's estimated_tokens() counts, with the dash and the line's end it is shown with.
Tokens tokens_of(std::string_view text) {
  constexpr std::size_t kAround = 3;
  return Tokens(static_cast<std::int64_t>((text.size() + kAround) / 4 + 1));
}

// Everything or nothing; ended by commit(), else undone. IMMEDIATE: what it reads, nobody changes
// before it writes.
class Transaction {
 public:
  explicit Transaction(Database& database)
      : database_(database), begun_(database.execute("BEGIN IMMEDIATE")) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (begun_.ok() && !committed_) (void)database_.execute("ROLLBACK");
  }
  const Status& begun() const { return begun_; }
  Status commit() {
    Status status = database_.execute("COMMIT");
    committed_ = status.ok();
    return status;
  }

 private:
  Database& database_;
  Status begun_;
  bool committed_ = false;
};

#define FACT_COLUMNS \
  "f.id, f.project, f.text, f.run, f.task, f.worker, f.state, f.why, f.at, f.shown"

Fact read_fact(const Statement& row) {
  Fact fact;
  fact.id = row.integer(0);
  fact.project = row.text(1);
  fact.text = row.text(2);
  fact.source = {std::string(row.text(3)), std::string(row.text(4)), std::string(row.text(5))};
  fact.state = value_named<FactState>(row.text(6)).value_or(FactState::kDropped);
  fact.why = row.text(7);
  fact.at = Instant::from_unix_ms(row.integer(8));
  fact.shown = row.integer(9);
  return fact;
}

Error no_such_fact(std::int64_t id) {
  return not_found(fmt::format("there is no fact {}; `baton memory list` shows them", id));
}

Error refused(std::string_view objection) {
  return input_error(fmt::format("the fact was not taken: {}", objection));
}

class SqliteMemory : public Memory {
 public:
  explicit SqliteMemory(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<Fact> propose(std::string_view project, std::string_view text, const FactSource& source,
                       Instant at) override {
    if (const std::string objection = objection_to(text); !objection.empty()) {
      return refused(objection);
    }
    return in_transaction([&]() -> Result<Fact> {
      const Result<std::int64_t> before = number(
          "SELECT count(*) FROM proposals WHERE run = ?1 AND task = ?2", source.run, source.task);
      if (!before) return before.error();
      if (*before >= kMostOfOneTask) {
        return refused(fmt::format("this task has proposed {} already", kMostOfOneTask));
      }
      Result<Fact> fact = put(project, text, source, FactState::kProposed, at);
      if (!fact) return fact;
      if (Status noted =
              run("INSERT OR IGNORE INTO proposals (fact, run, task) VALUES (?1, ?2, ?3)", fact->id,
                  source.run, source.task);
          !noted) {
        return noted.error();
      }
      // What only a rule has dropped (there were too many of one run) has a new chance.
      if (Status again =
              run("UPDATE facts SET state = 'proposed', why = '' WHERE id = ?1 AND state = "
                  "'dropped' AND by_person = 0",
                  fact->id);
          !again) {
        return again.error();
      }
      return find(fact->id);
    });
  }

  Status settle(std::string_view run_name, std::string_view task, int most) override {
    const Result<bool> settled = in_transaction([&]() -> Result<bool> {
      const Result<std::vector<Fact>> proposed =
          select("SELECT " FACT_COLUMNS
                 " FROM proposals p JOIN facts f ON f.id = p.fact "
                 "WHERE p.run = ?1 AND p.task = ?2 AND f.state = 'proposed' ORDER BY f.id",
                 run_name, task);
      if (!proposed) return proposed.error();
      Result<std::int64_t> kept = number("SELECT count(*) FROM facts WHERE kept_of = ?1", run_name);
      if (!kept) return kept.error();
      for (const Fact& fact : *proposed) {
        std::string objection = objection_to(fact.text);
        if (objection.empty() && *kept >= most) {
          objection = fmt::format("its run had {} kept already", *kept);
        }
        const bool keep = objection.empty();
        if (keep) ++*kept;
        if (Status set = run("UPDATE facts SET state = ?2, why = ?3, kept_of = ?4 WHERE id = ?1",
                             fact.id, to_string(keep ? FactState::kKept : FactState::kDropped),
                             objection, keep ? run_name : std::string_view(""));
            !set) {
          return set.error();
        }
      }
      return true;
    });
    return settled ? Status() : Status(settled.error());
  }

  Result<std::vector<Fact>> list(std::string_view project,
                                 std::optional<FactState> state) override {
    const std::lock_guard held(mutex_);
    return select("SELECT " FACT_COLUMNS
                  " FROM facts f WHERE f.project = ?1 AND (?2 = '' OR f.state = ?2) ORDER BY f.id",
                  project, state ? to_string(*state) : std::string_view(""));
  }

  Result<std::vector<Fact>> recall(std::string_view project, std::string_view query,
                                   Tokens budget) override {
    return in_transaction([&]() -> Result<std::vector<Fact>> {
      const Result<std::vector<Fact>> candidates =
          best(project, query, to_string(FactState::kKept), kMostCandidates);
      if (!candidates) return candidates.error();
      std::vector<Fact> chosen;
      for (const Fact& fact : *candidates) {
        const Tokens cost = tokens_of(fact.text);
        if (cost > budget) continue;  // a shorter one may still fit
        budget -= cost;
        chosen.push_back(fact);
        ++chosen.back().shown;
        if (Status counted = run("UPDATE facts SET shown = shown + 1 WHERE id = ?1", fact.id);
            !counted) {
          return counted.error();
        }
      }
      return chosen;
    });
  }

  Result<std::vector<Fact>> search(std::string_view project, std::string_view query,
                                   int most) override {
    const std::lock_guard held(mutex_);
    return best(project, query, "", most);
  }

  Result<Fact> fact(std::int64_t id) override {
    const std::lock_guard held(mutex_);
    return find(id);
  }

  Result<Fact> add(std::string_view project, std::string_view text, Instant at) override {
    if (const std::string objection = objection_to_form(text); !objection.empty()) {
      return refused(objection);
    }
    return in_transaction([&]() -> Result<Fact> {
      const Result<Fact> fact = put(project, text, {}, FactState::kKept, at);
      if (!fact) return fact;
      return decide(fact->id, FactState::kKept, "");
    });
  }

  Result<Fact> edit(std::int64_t id, std::string_view text) override {
    if (const std::string objection = objection_to_form(text); !objection.empty()) {
      return refused(objection);
    }
    const std::string same = normalised_fact(text);
    return in_transaction([&]() -> Result<Fact> {
      const Result<Fact> now = find(id);
      if (!now) return now;
      const Result<std::int64_t> other =
          number("SELECT id FROM facts WHERE project = ?1 AND same = ?2 AND id != ?3", now->project,
                 same, id);
      if (!other) return other.error();
      if (*other != 0) {
        return input_error(fmt::format("fact {} says that already: drop one of the two", *other));
      }
      if (Status changed =
              run("UPDATE facts SET text = ?2, same = ?3 WHERE id = ?1", id, tidy_fact(text), same);
          !changed) {
        return changed.error();
      }
      return decide(id, FactState::kKept, "changed by a person");
    });
  }

  Result<Fact> set_state(std::int64_t id, FactState state, std::string_view why) override {
    const std::string reason(why);  // SQLite takes a view of nothing for NULL
    return in_transaction([&]() -> Result<Fact> { return decide(id, state, reason); });
  }

 private:
  // Holds the lock; commits what `work` did unless it failed.
  template <typename Work>
  auto in_transaction(Work work) -> decltype(work()) {
    const std::lock_guard held(mutex_);
    Transaction transaction(*database_);
    if (!transaction.begun()) return transaction.begun().error();
    auto result = work();
    if (!result) return result;
    if (Status committed = transaction.commit(); !committed) return committed.error();
    return result;
  }

  template <typename... Value>
  Status run(std::string_view sql, const Value&... values) {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) return statement.error();
    return statement->run(values...);
  }

  // Of the first row; 0 if there is none.
  template <typename... Value>
  Result<std::int64_t> number(std::string_view sql, const Value&... values) {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) return statement.error();
    statement->start(values...);
    const Result<bool> row = statement->next();
    if (!row) return row.error();
    return *row ? statement->integer(0) : 0;
  }

  template <typename... Value>
  Result<std::vector<Fact>> select(std::string_view sql, const Value&... values) {
    Result<Statement> statement = database_->prepare(sql);
    if (!statement) return statement.error();
    std::vector<Fact> facts;
    statement->start(values...);
    while (true) {
      const Result<bool> row = statement->next();
      if (!row) return row.error();
      if (!*row) return facts;
      facts.push_back(read_fact(*statement));
    }
  }

  Result<Fact> find(std::int64_t id) {
    Result<std::vector<Fact>> found =
        select("SELECT " FACT_COLUMNS " FROM facts f WHERE f.id = ?1", id);
    if (!found) return found.error();
    if (found->empty()) return no_such_fact(id);
    return std::move(found->front());
  }

  // The fact of that text, made if there is none yet.
  Result<Fact> put(std::string_view project, std::string_view text, const FactSource& source,
                   FactState state, Instant at) {
    const std::string same = normalised_fact(text);
    if (Status added =
            run("INSERT INTO facts (project, text, same, run, task, worker, state, why, at, "
                "shown, by_person, kept_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, 0, "
                "0, '') ON CONFLICT (project, same) DO NOTHING",
                project, tidy_fact(text), same, source.run, source.task, source.worker,
                to_string(state), at.unix_ms());
        !added) {
      return added.error();
    }
    const Result<std::int64_t> id =
        number("SELECT id FROM facts WHERE project = ?1 AND same = ?2", project, same);
    if (!id) return id.error();
    return find(*id);
  }

  // By a person, for good.
  Result<Fact> decide(std::int64_t id, FactState state, std::string_view why) {
    if (Status set = run("UPDATE facts SET state = ?2, why = ?3, by_person = 1 WHERE id = ?1", id,
                         to_string(state), why);
        !set) {
      return set.error();
    }
    return find(id);
  }

  // The best first; equal ones, and all of a query without words, the latest first.
  Result<std::vector<Fact>> best(std::string_view project, std::string_view query,
                                 std::string_view state, std::int64_t most) {
    const std::string words = full_text_query(query);
    if (words.empty()) {
      return select("SELECT " FACT_COLUMNS
                    " FROM facts f WHERE f.project = ?1 AND (?2 = '' OR f.state = ?2) "
                    "ORDER BY f.id DESC LIMIT ?3",
                    project, state, most);
    }
    return select("SELECT " FACT_COLUMNS
                  " FROM facts_text JOIN facts f ON f.id = facts_text.rowid "
                  "WHERE facts_text MATCH ?4 AND f.project = ?1 AND (?2 = '' OR f.state = ?2) "
                  "ORDER BY bm25(facts_text), f.id DESC LIMIT ?3",
                  project, state, most, words);
  }

  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

#undef FACT_COLUMNS

}  // namespace

Result<std::unique_ptr<Memory>> Memory::open(const std::filesystem::path& state) {
  Result<std::unique_ptr<Database>> database = open_memory_file(state);
  if (!database) return database.error();
  return std::unique_ptr<Memory>(std::make_unique<SqliteMemory>(std::move(*database)));
}

}  // namespace baton
