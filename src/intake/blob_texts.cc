#include "intake/blob_texts.h"

#include <charconv>
#include <utility>

#include "intake/git.h"

namespace baton {
namespace {

std::string one_a_line(const std::vector<std::string>& ids) {
  std::string lines;
  lines.reserve(ids.size() * 41);
  for (const std::string& id : ids) lines.append(id).append("\n");
  return lines;
}

// Of "<id> blob <size>"; nothing of "<id> missing".
std::optional<std::size_t> size_in(std::string_view line) {
  const std::size_t kind = line.find(" blob ");
  if (kind == line.npos) return std::nullopt;
  const std::string_view digits = line.substr(kind + 6);
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

Error unexpected(std::string_view what) {
  return system_error("cannot read the texts of the commit: git " + std::string(what));
}

}  // namespace

Result<std::vector<std::int64_t>> blob_sizes(const std::filesystem::path& repository,
                                             const std::vector<std::string>& ids) {
  const Result<std::string> output =
      git_output(repository, "find the sizes of files", {"cat-file", "--batch-check", "--buffer"},
                 one_a_line(ids));
  if (!output) return output.error();
  std::vector<std::int64_t> sizes;
  std::string_view rest = *output;
  for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
    sizes.push_back(static_cast<std::int64_t>(size_in(rest.substr(0, end)).value_or(0)));
    rest.remove_prefix(end + 1);
  }
  if (sizes.size() != ids.size()) return unexpected("answered for fewer than were asked for");
  return sizes;
}

Result<BlobTexts> BlobTexts::read(const std::filesystem::path& repository,
                                  const std::vector<std::string>& ids) {
  Result<std::string> output = git_output(repository, "read the texts of the commit",
                                          {"cat-file", "--batch", "--buffer"}, one_a_line(ids));
  if (!output) return output.error();
  BlobTexts texts;
  texts.bytes_ = std::move(*output);
  const std::string_view bytes = texts.bytes_;
  std::size_t at = 0;
  while (texts.spans_.size() < ids.size()) {
    const std::size_t end = bytes.find('\n', at);
    if (end == bytes.npos) return unexpected("answered for fewer than were asked for");
    const std::optional<std::size_t> size = size_in(bytes.substr(at, end - at));
    at = end + 1;
    if (!size) {
      texts.spans_.push_back({});
      continue;
    }
    if (*size >= bytes.size() - at) return unexpected("ended in the middle of a text");
    texts.spans_.push_back({at, *size, true});
    at += *size + 1;
  }
  return texts;
}

std::optional<std::string_view> BlobTexts::operator[](std::size_t place) const {
  const Span& span = spans_[place];
  if (!span.there) return std::nullopt;
  return std::string_view(bytes_).substr(span.begin, span.size);
}

}  // namespace baton
