// Whatever is given as a diff is refused or becomes a change that holds what change.h promises.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/text.h"
#include "change/change.h"
#include "change/unified_diff.h"

namespace {

void check(const baton::ChangedFile& file) {
  BATON_CHECK(!file.path.empty() && !file.path.starts_with('/'));
  BATON_CHECK(baton::is_utf8(file.path) && baton::is_utf8(file.old_path));
  int last = 0;
  for (const baton::LineRange& range : file.reviewed()) {
    BATON_CHECK(last < range.first && range.first <= range.last);
    BATON_CHECK(file.line(range.first) && file.line(range.last));
    last = range.last;
  }
  BATON_CHECK(file.line_count() == last);
  BATON_CHECK(!file.line(last + 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const baton::Result<baton::Change> change = baton::parse_unified_diff(text);
  if (!change) {
    BATON_CHECK(change.error().kind == baton::ErrorKind::kInput && !change.error().message.empty());
    return 0;
  }
  for (const baton::ChangedFile& file : change->files) check(file);
  const baton::Result<baton::Change> read = baton::read_change(baton::write_change(*change));
  BATON_CHECK(read.ok() && *read == *change);
  return 0;
}
