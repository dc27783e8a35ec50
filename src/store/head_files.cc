#include "store/head_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace baton {
namespace {

constexpr std::size_t kMostOpen = 128;
constexpr std::size_t kDigits = 20;
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kCheckDigits = 16;
constexpr std::size_t kOldSize = kDigits + 1 + kHashDigits + 1;
// No run can be called so.
constexpr const char* kLatest = "LATEST";
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kSize = kOldSize + kDigits + 1 + kCheckDigits + 1;

// Of a fixed length and nothing but digits, so that no sign and no blank passes for one.
std::optional<std::int64_t> number_in(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    return std::nullopt;
  return number;
}

// A flipped bit in the amount would pass unseen otherwise; the hash is compared with the journal's.
std::string check_of(std::string_view text) {
  return sha256_hex(text).substr(0, kCheckDigits);
}

// "SEQUENCE HASH\n", and since format 4 "SEQUENCE HASH COMMITTED CHECK\n".
std::optional<Head> head_in(std::string_view text) {
  const bool old = text.size() == kOldSize;
  if ((!old && text.size() != kSize) || text[kDigits] != ' ' || text.back() != '\n')
    return std::nullopt;
  Head head;
  const std::optional<std::int64_t> sequence = number_in(text.substr(0, kDigits));
  if (!sequence || *sequence < 1) return std::nullopt;
  head.sequence = *sequence;
  head.hash = text.substr(kDigits + 1, kHashDigits);
  if (old) return head;
  const std::string_view checked = text.substr(0, kSize - kCheckDigits - 1);
  const std::optional<std::int64_t> committed = number_in(text.substr(kOldSize, kDigits));
  if (!committed || text.substr(checked.size(), kCheckDigits) != check_of(checked))
    return std::nullopt;
  head.committed = Money::pico(*committed);
  return head;
}

}  // namespace

// Always of one size, so that a shorter number leaves nothing of a longer one behind.
std::string head_text(const Head& head) {
  const std::int64_t committed =
      std::max<std::int64_t>(0, head.committed.value_or(Money()).picodollars());
  const std::string text =
      fmt::format("{:0{}} {} {:0{}} ", head.sequence, kDigits, head.hash, committed, kDigits);
  return fmt::format("{}{}\n", text, check_of(text));
}

void HeadFiles::write(const RunId& run, const Head& head) {
  write(run, head_text(head));
}

void HeadFiles::name_latest(const RunId& run) {
  write(kLatest, fmt::format("{:<{}}\n", run, kLongestName));
}

void HeadFiles::write(const std::string& name, std::string_view text) {
  const Fd* file = file_of(name);
  if (file == nullptr) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(file->get(), text.data(), text.size(), 0);
}

const Fd* HeadFiles::file_of(const std::string& name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return &open_.front().file;
  }
  Result<Fd> file = open_private_file(folder_ / name);
  if (!file) return nullptr;
  if (open_.size() == kMostOpen) {
    by_name_.erase(open_.back().name);
    open_.pop_back();
  }
  open_.push_front({name, std::move(*file)});
  by_name_[name] = open_.begin();
  return &open_.front().file;
}

Result<std::optional<Head>> read_head(const std::filesystem::path& file) {
  const std::optional<std::string> text = read_beginning(file, kSize + 1);
  if (!text) return std::optional<Head>();
  const bool blank = std::all_of(text->begin(), text->end(), [](char c) { return c == '\0'; });
  if (blank) return std::optional<Head>();

  std::optional<Head> head = head_in(*text);
  if (head) return head;
  return input_error(fmt::format(
      "{} does not hold a sequence number and a hash as they were written", file.string()));
}

std::optional<RunId> latest_run(const std::filesystem::path& heads) {
  const std::optional<std::string> text = read_beginning(heads / kLatest, kLongestName);
  if (!text) return std::nullopt;
  RunId run = text->substr(0, text->find(' '));
  return is_run_name(run) ? std::optional(std::move(run)) : std::nullopt;
}

}  // namespace baton
