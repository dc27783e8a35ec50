#include "memory/memory_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/text.h"
#include "memory/memory.h"

namespace baton {
namespace {

constexpr std::size_t kFewestWords = 3;

struct Rule {
  std::string_view pattern;  // in any case of letters, unless it says otherwise
  std::string_view objection;
};

constexpr std::string_view kSecret = "it looks like it holds a secret";
constexpr std::string_view kOrder = "it tells a model what to do; say what is";
constexpr std::string_view kRole = "it holds a marker of a role or a tag, as prompts have them";
constexpr std::string_view kFetch = "it names an address or a command to fetch something with";

constexpr std::array kSecrets = {
    Rule{R"(-----BEGIN)", kSecret},
    Rule{R"(\b(sk|pk|rk)-[a-z0-9_-]{12,})", kSecret},
    Rule{R"(\b(sk|pk|rk)_(live|test)_[a-z0-9]{8,})", kSecret},
    Rule{R"((?-i)\b(AKIA|ASIA|AROA|AGPA)[A-Z0-9]{12,})", kSecret},
    Rule{R"(\b(gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|hf_|ya29\.)[a-z0-9_-]{10,})", kSecret},
    Rule{R"((?-i)\bAIza[A-Za-z0-9_-]{20,})", kSecret},
    Rule{R"((?-i)\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})", kSecret},
    Rule{R"(\b(bearer|basic)\s+[a-z0-9+/=._-]{16,})", kSecret},
    Rule{R"([a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@)", kSecret},
    Rule{
        R"((password|passphrase|passwd|pwd|secret|token|credential|api[ _-]?key|access[ _-]?key)s?["'`]?\s*[=:]\s*["'`]?[^\s"'`]{4,})",
        kSecret},
    Rule{
        R"((password|passphrase|passwd|pwd|api[ _-]?key|secret key)\s+(is|was)\s+["'`]?[^\s"'`]*[0-9!@#$%^&*][^\s"'`]*)",
        kSecret},
    Rule{R"(\b[0-9a-f]{32,}\b)", kSecret},
};

constexpr std::array kOrders = {
    Rule{R"(^\W*(system|assistant|user|human|developer|tool)\s*:)", kRole},
    Rule{R"(\b(system|assistant|human)\s*:\s)", kRole},
    Rule{R"(<\||\|>|\[/?(inst|sys)\]|<</?sys|</\s*[a-z])", kRole},
    Rule{
        R"(<\s*(system|assistant|user|human|prompt|instruction|important|tool|function|invoke|antml|script|img|iframe|context|document|memory|fact|thinking)[^<>]*>)",
        kRole},
    Rule{
        R"(\b(ignore|disregard|forget|override|bypass|discard)\b.{0,40}\b(previous|prior|above|earlier|preceding|all|any|your|these|those|instructions?|rules?|prompts?|polic(y|ies))\b)",
        kOrder},
    Rule{
        R"(\byou\s+(must|should|shall|are\s+(now|to|an?)|have\s+to|need\s+to|ought|will|can|may)\b)",
        kOrder},
    Rule{R"(\byour\s+(new\s+)?(task|job|instructions?|goal|role|rules?|purpose|orders?)\b)",
         kOrder},
    Rule{
        R"(\b(always|never|immediately|first|instead|next)\s+(run|execute|call|use|send|post|fetch|download|open|reply|respond|answer|write|delete|remove|include|output|print|say|ignore|approve|accept|reject|commit|push|install|add|read|skip|report|tell|ask|trust)\b)",
        kOrder},
    Rule{
        R"(^\W*(please|do\s+not|don'?t|make\s+sure|be\s+sure|remember\s+to|pretend|act\s+as|execute|fetch|download|visit|reply|respond|install|delete|approve|send|tell|ignore|disregard|skip)\b)",
        kOrder},
    Rule{
        R"(^\W*run\s+(the\s+|this\s+)?(following|command|script|[`./$]|curl|wget|rm|sudo|bash|sh|python|make|npm|git|cargo|go)\b)",
        kOrder},
    Rule{R"(^\W*run\s+[`./$])", kOrder},
    Rule{
        R"(\b(from\s+now\s+on|new\s+instructions?|system\s+prompt|developer\s+mode|jailbreak|as\s+an?\s+(ai|language\s+model))\b)",
        kOrder},
    Rule{
        R"(\b(assistant|model|ai|agent|worker|planner|reviewer|orchestrator|llm)s?\s+(must|should|shall|needs?\s+to|ha(s|ve)\s+to|(is|are)\s+to|ought)\b)",
        kOrder},
    Rule{R"(\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(javascript|data|mailto):\S)", kFetch},
    Rule{R"(\b(curl|wget)\s|\|\s*(sudo\s+)?(ba|z)?sh\b|\brm\s+-[a-z]*[rf])", kFetch},
};

// Compiled once, for every text there will be.
class RuleSet {
 public:
  template <std::size_t kCount>
  explicit RuleSet(const std::array<Rule, kCount>& rules) {
    RE2::Options options;
    options.set_case_sensitive(false);
    for (const Rule& rule : rules) {
      const re2::StringPiece pattern(rule.pattern.data(), rule.pattern.size());
      auto compiled = std::make_unique<RE2>(pattern, options);
      BATON_CHECK(compiled->ok());
      rules_.push_back({std::move(compiled), rule.objection});
    }
  }
  // Of the first rule that the text breaks; empty: it breaks none.
  std::string objection_to(std::string_view text) const {
    const re2::StringPiece piece(text.data(), text.size());
    for (const Compiled& rule : rules_) {
      if (RE2::PartialMatch(piece, *rule.pattern)) return std::string(rule.objection);
    }
    return "";
  }

 private:
  struct Compiled {
    std::unique_ptr<RE2> pattern;
    std::string_view objection;
  };
  std::vector<Compiled> rules_;
};

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// Characters that are there but not seen: what a person reads would not be all there is.
bool has_hidden_characters(std::string_view text) {
  static const RE2 kHidden(
      R"([\x{AD}\x{200B}-\x{200F}\x{2028}\x{2029}\x{2060}-\x{2064}\x{FE00}-\x{FE0F}\x{FEFF}\x{E0000}-\x{E0FFF}])");
  return matches(text, kHidden);
}

// Long and of all kinds of characters, as only made-up words are.
bool has_random_word(std::string_view text) {
  constexpr std::size_t kLong = 24;
  constexpr int kSome = 3;
  std::size_t length = 0;
  int lower = 0, upper = 0, digits = 0;
  for (const char c : text) {
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_lower && !is_upper && !is_digit && c != '+' && c != '/' && c != '_' && c != '-' &&
        c != '=') {
      length = 0;
      lower = upper = digits = 0;
      continue;
    }
    ++length;
    lower += is_lower;
    upper += is_upper;
    digits += is_digit;
    if (length >= kLong && lower >= kSome && upper >= kSome && digits >= kSome) return true;
  }
  return false;
}

bool is_several_statements(std::string_view text) {
  static const RE2 kAbbreviations(R"((?i)\b(e\.g|i\.e|etc|vs|cf|approx|incl|resp|no)\.)");
  static const RE2 kNextSentence(R"([.!?]["'`)\]]*\s+["'`(\[]*\p{Lu})");
  std::string plain(text);
  RE2::GlobalReplace(&plain, kAbbreviations, "\\1");
  return matches(plain, kNextSentence);
}

std::size_t words_in(std::string_view text) {
  std::size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool space = c == ' ';
    if (!space && !in_word) ++words;
    in_word = !space;
  }
  return words;
}

}  // namespace

std::string_view to_string(FactState state) {
  switch (state) {
    case FactState::kProposed:
      return "proposed";
    case FactState::kKept:
      return "kept";
    case FactState::kDropped:
      return "dropped";
  }
  return "";
}

std::string objection_to_form(std::string_view given) {
  if (given.size() > kLongestFact) {
    return fmt::format("it is longer than {} bytes; say one thing, shortly", kLongestFact);
  }
  if (!is_utf8(given)) return "it is not valid text (UTF-8)";
  const std::string text = tidy_fact(given);
  if (for_terminal(text) != text || has_hidden_characters(text)) {
    return "it holds control or invisible characters";
  }
  if (words_in(text) < kFewestWords) return "it is too short to say something";
  if (is_several_statements(text)) return "it is more than one statement";
  if (has_random_word(text)) return std::string(kSecret);
  static const RuleSet kRules(kSecrets);
  return kRules.objection_to(text);
}

std::string objection_to_order(std::string_view text) {
  static const RuleSet kRules(kOrders);
  return kRules.objection_to(tidy_fact(text));
}

std::string objection_to(std::string_view text) {
  std::string objection = objection_to_form(text);
  return objection.empty() ? objection_to_order(text) : objection;
}

std::string tidy_fact(std::string_view text) {
  std::string tidy;
  for (const char c : text) {
    if (!is_space(c)) {
      tidy += c;
    } else if (!tidy.empty() && tidy.back() != ' ') {
      tidy += ' ';
    }
  }
  if (tidy.ends_with(' ')) tidy.pop_back();
  return tidy;
}

std::string normalised_fact(std::string_view text) {
  constexpr std::string_view kPunctuation = ".,;:!?'\"`()[]{}";
  std::string plain(text);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (kPunctuation.find(c) != kPunctuation.npos) c = ' ';
  }
  return tidy_fact(plain);
}

}  // namespace baton
