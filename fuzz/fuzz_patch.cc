// A patch of a model, applied to a file of a repository: both may be anything. The bytes before the
// first NUL are the file, those after it the patch.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "tool/patch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string_view patch =
      end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  const baton::Result<std::vector<baton::FilePatch>> files = baton::read_patch(patch);
  if (!files) {
    BATON_CHECK(files.error().kind == baton::ErrorKind::kInput);
    return 0;
  }
  for (const baton::FilePatch& file : *files) {
    const baton::Result<baton::Patched> patched = baton::apply_patch(text, file);
    BATON_CHECK(patched || patched.error().kind == baton::ErrorKind::kInput);
    if (patched) BATON_CHECK(patched->offsets.size() == file.hunks.size());
  }
  return 0;
}
