#include "prompt/agent_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "prompt/prompt.h"

namespace baton {
namespace {

constexpr std::int64_t kBytesOfToken = 4;
// Kept free for the list of what was left out.
constexpr std::int64_t kNotice = 1'700;
constexpr std::size_t kMostNamed = 12;
constexpr std::size_t kLongestNamed = 80;
// A shorter beginning of a file tells nothing.
constexpr std::size_t kLeastCut = 400;

std::string whole(const PackPart& part) {
  std::string text = part.title;
  if (!text.empty()) text += '\n';
  text += part.text;
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text + '\n';
}

// Fills one pack, part by part.
class Packer {
 public:
  explicit Packer(std::int64_t room) : room_(room) {}

  void put(const PackPart& part) {
    std::string text = whole(part);
    const auto bytes = static_cast<std::int64_t>(text.size());
    if (part.must || bytes <= room_) {
      if (!part.must) room_ -= bytes;
      text_ += text;
    } else if (!part.cuttable || !put_beginning(part)) {
      left_out_.push_back(fmt::format("{} (about {} tokens)", name_of(part),
                                      estimated_tokens(static_cast<std::size_t>(bytes)).count()));
    }
  }

  std::string take_text() { return std::move(text_); }
  std::vector<std::string> take_left_out() { return std::move(left_out_); }

 private:
  static std::string name_of(const PackPart& part) {
    std::string_view title = part.title;
    while (title.starts_with('#') || title.starts_with(' ')) title.remove_prefix(1);
    return shorten(title, kLongestNamed);
  }

  // As many whole lines as fit.
  bool put_beginning(const PackPart& part) {
    constexpr std::size_t kLineAboutIt = 80;
    const std::size_t around = part.title.size() + kLineAboutIt;
    if (room_ < static_cast<std::int64_t>(around + kLeastCut)) return false;
    const std::size_t most = static_cast<std::size_t>(room_) - around;
    const std::size_t end = part.text.rfind('\n', most - 1);
    if (end == part.text.npos) return false;
    const auto lines = [](std::string_view text) {
      return std::count(text.begin(), text.end(), '\n');
    };
    const auto shown = lines(std::string_view(part.text).substr(0, end + 1));
    const auto all = lines(part.text) + (part.text.ends_with('\n') ? 0 : 1);
    PackPart cut = part;
    cut.text = part.text.substr(0, end + 1) +
               fmt::format("[cut here: {} of {} lines are shown]", shown, all);
    const std::string text = whole(cut);
    room_ -= static_cast<std::int64_t>(text.size());
    text_ += text;
    left_out_.push_back(fmt::format("{} ({} of {} lines)", name_of(part), all - shown, all));
    return true;
  }

  std::int64_t room_;
  std::string text_;
  std::vector<std::string> left_out_;
};

std::string notice(const std::vector<std::string>& left_out) {
  std::string text = "Left out here for want of room:\n";
  for (std::size_t i = 0; i < std::min(left_out.size(), kMostNamed); ++i)
    fmt::format_to(std::back_inserter(text), "- {}\n", left_out[i]);
  if (left_out.size() > kMostNamed)
    fmt::format_to(std::back_inserter(text), "- and {} more\n", left_out.size() - kMostNamed);
  return text;
}

}  // namespace

Pack make_pack(const std::vector<PackPart>& parts, Tokens budget, Tokens taken) {
  std::int64_t room = (budget - taken).count() * kBytesOfToken - kBytesOfToken;
  std::int64_t optional = 0;
  for (const PackPart& part : parts) {
    const auto bytes = static_cast<std::int64_t>(whole(part).size());
    if (part.must) {
      room -= bytes;
    } else {
      optional += bytes;
    }
  }
  if (optional > room) room -= kNotice;
  Packer packer(room);
  for (const PackPart& part : parts) packer.put(part);
  Pack pack;
  pack.text = packer.take_text();
  pack.report.left_out = packer.take_left_out();
  if (!pack.report.left_out.empty()) pack.text += notice(pack.report.left_out);
  pack.report.budget = budget;
  pack.report.used = taken + estimated_tokens(pack.text.size());
  return pack;
}

std::string cut_at_line(std::string_view text, Tokens most) {
  const auto bytes =
      static_cast<std::size_t>(std::max<std::int64_t>(0, most.count()) * kBytesOfToken);
  if (text.size() <= bytes) return std::string(text);
  const std::size_t end = text.rfind('\n', bytes);
  const std::size_t kept = end == text.npos ? 0 : end;
  return fmt::format("{}\n[cut here: {} of {} bytes are shown]", text.substr(0, kept), kept,
                     text.size());
}

}  // namespace baton
