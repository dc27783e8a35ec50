#include "worker/frontmatter.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>

#include "base/ascii.h"
#include "base/text.h"

namespace baton {
namespace {

constexpr std::string_view kFence = "---";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What our rules refuse, though YAML knows it.
struct Refused {
  int line;  // from 0
  std::string what;
};

// The one key of a piece of YAML, and what it holds.
class OneEntry : public YAML::EventHandler {
 public:
  FrontmatterEntry entry;
  bool has_key = false;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    node(mark, "", anchor);
    if (depth_ == 0) return;  // a piece of comments alone
    text(mark, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    node(mark, tag, anchor);
    text(mark, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    node(mark, tag, anchor);
    deeper(mark, FrontmatterEntry::Shape::kList);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    node(mark, tag, anchor);
    if (depth_ == 0) {
      ++depth_;
      return;
    }
    deeper(mark, FrontmatterEntry::Shape::kNested);
  }
  void OnMapEnd() override { --depth_; }

 private:
  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string what) {
    throw Refused{mark.line, std::move(what)};
  }
  [[noreturn]] static void refuse_alias(const YAML::Mark& mark) {
    refuse(mark, "anchors and aliases (&, *) are not read: put the text in quotes");
  }

  static void node(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) refuse_alias(mark);
    const bool is_plain = tag.empty() || tag == "?" || tag == "!";  // "!": it stands in quotes
    if (!is_plain) refuse(mark, "tags (!) are not read: put the text in quotes");
  }

  void text(const YAML::Mark& mark, const std::string& value) {
    if (depth_ == 0) refuse(mark, "expected 'key: value'");
    if (!has_key) {
      if (value.empty()) refuse(mark, "a key is empty");
      has_key = true;
      entry.key = value;
      entry.line = mark.line;
    } else if (depth_ == 1) {
      if (has_value_) refuse(mark, "expected one 'key: value' a line");
      has_value_ = true;
      entry.text = value;
    } else if (entry.shape == FrontmatterEntry::Shape::kList) {
      entry.items.push_back(value);
    }
  }

  void deeper(const YAML::Mark& mark, FrontmatterEntry::Shape shape) {
    if (!has_key || (depth_ == 1 && has_value_)) refuse(mark, "expected 'key: value'");
    has_value_ = true;
    const bool at_top = depth_++ == 1;
    entry.shape = at_top ? shape : FrontmatterEntry::Shape::kNested;
    if (entry.shape == FrontmatterEntry::Shape::kNested) entry.items.clear();
  }

  int depth_ = 0;  // of the maps and lists that are open
  bool has_value_ = false;
};

// The lines of one key: they go on until the next line that begins without space and is no item.
struct Piece {
  int line;  // of the file
  std::string text;
};

bool begins_a_piece(std::string_view line) {
  if (line.empty() || line[0] == ' ' || line[0] == '\t' || line[0] == '#') return false;
  const bool is_item = line == "-" || line.starts_with("- ");
  return !is_item && line[0] != ']' && line[0] != '}';
}

std::vector<Piece> pieces_of(const std::vector<std::string_view>& lines, int first_line) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (pieces.empty() || begins_a_piece(lines[i])) {
      pieces.push_back({first_line + static_cast<int>(i), ""});
    }
    pieces.back().text.append(lines[i]).append("\n");
  }
  // An open quote that runs into a last line break would be closed silently by the YAML parser.
  for (Piece& piece : pieces) piece.text.erase(piece.text.find_last_not_of(" \n") + 1);
  return pieces;
}

// What is left of a piece that is not YAML: its prose. None if it looks like a structure that is
// broken: half of a list would be read as something else than was meant.
std::optional<FrontmatterEntry> as_prose(const Piece& piece) {
  const std::size_t colon = piece.text.find(": ");
  if (colon == piece.text.npos) return std::nullopt;
  FrontmatterEntry entry{.key = piece.text.substr(0, colon), .line = piece.line, .literal = true};
  const bool is_key =
      !entry.key.empty() && std::all_of(entry.key.begin(), entry.key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
      });
  if (!is_key) return std::nullopt;
  for (const std::string_view line : split_lines(std::string_view(piece.text).substr(colon + 2))) {
    const std::string_view words = trimmed(line);
    if (words.empty()) continue;
    if (!entry.text.empty()) entry.text += ' ';
    entry.text += words;
  }
  constexpr std::string_view kStructure = "[]{}\"'|>&*!";
  if (entry.text.empty() || kStructure.find(entry.text[0]) != kStructure.npos) return std::nullopt;
  return entry;
}

// None: it is blank, or comments alone.
Result<std::optional<FrontmatterEntry>> entry_of(const Piece& piece, std::string_view name) {
  const auto lines = std::count(piece.text.begin(), piece.text.end(), '\n');
  const auto line_of = [&](int from_0) {
    return piece.line + std::clamp(from_0, 0, static_cast<int>(lines));
  };
  try {
    std::istringstream in(piece.text);
    YAML::Parser parser(in);
    OneEntry handler;
    parser.HandleNextDocument(handler);
    OneEntry rest;
    parser.HandleNextDocument(rest);
    if (rest.has_key) return fault_at(name, piece.line, "expected one 'key: value' a line");
    const bool is_void = piece.text.empty() || trimmed(piece.text).starts_with('#');
    if (!handler.has_key && !is_void) return fault_at(name, piece.line, "expected 'key: value'");
    if (!handler.has_key) return std::optional<FrontmatterEntry>();
    handler.entry.line = line_of(handler.entry.line);
    return std::optional(std::move(handler.entry));
  } catch (const Refused& refused) {
    return fault_at(name, line_of(refused.line), refused.what);
  } catch (const YAML::Exception& broken) {
    if (std::optional<FrontmatterEntry> prose = as_prose(piece)) return prose;
    return fault_at(name, line_of(broken.mark.line),
                    fmt::format("not YAML ({}): put the text in quotes", broken.msg));
  }
}

// A control character in a header is never meant, and one (0x04) ends a text for the YAML parser.
std::optional<int> line_with_control(const std::vector<std::string_view>& lines, int first_line) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool has_one = std::any_of(lines[i].begin(), lines[i].end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
    if (has_one) return first_line + static_cast<int>(i);
  }
  return std::nullopt;
}

// The lines between the fences, and what follows the second one.
struct Halves {
  std::vector<std::string_view> header;
  std::string_view body;
};

Result<Halves> halves_of(std::string_view text, std::string_view name) {
  Halves halves;
  std::size_t at = 0;
  for (bool is_first = true; at < text.size(); is_first = false) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = std::min(end + 1, text.size());
    const bool is_fence = line.starts_with(kFence) && trimmed(line) == kFence;
    if (!is_first && is_fence) {
      halves.body = text.substr(at);
      return halves;
    }
    if (!is_first) halves.header.push_back(line);
    if (at > kMostFrontmatter) {
      return fault_at(name, 1, "the frontmatter is above 64 KiB, or a line '---' after it missing");
    }
  }
  return fault_at(name, 1, "the frontmatter is not closed: a line '---' is missing after it");
}

bool begins_with_fence(std::string_view text) {
  return text.starts_with(kFence) && trimmed(text.substr(0, text.find('\n'))) == kFence;
}

}  // namespace

Error fault_at(std::string_view name, int line, std::string_view what) {
  return input_error(fmt::format("{}:{}: {}", name, line, what));
}

const FrontmatterEntry* Frontmatter::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const FrontmatterEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Result<Frontmatter> read_frontmatter(std::string_view text, std::string_view name) {
  if (!is_utf8(text)) return fault_at(name, 1, "not UTF-8 text");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Frontmatter result;
  if (!begins_with_fence(text)) {
    result.body = trimmed(text);
    return result;
  }
  const Result<Halves> halves = halves_of(text, name);
  if (!halves) return halves.error();
  constexpr int kFirstLine = 2;  // behind the fence
  if (const std::optional<int> line = line_with_control(halves->header, kFirstLine)) {
    return fault_at(name, *line, "a control character stands in the frontmatter");
  }
  std::set<std::string> seen;
  for (const Piece& piece : pieces_of(halves->header, kFirstLine)) {
    Result<std::optional<FrontmatterEntry>> entry = entry_of(piece, name);
    if (!entry) return entry.error();
    if (!*entry) continue;
    if (!seen.insert((*entry)->key).second) {
      return fault_at(name, (*entry)->line, fmt::format("'{}' stands there twice", (*entry)->key));
    }
    result.entries.push_back(std::move(**entry));
  }
  result.body = trimmed(halves->body);
  return result;
}

}  // namespace baton
