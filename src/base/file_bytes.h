// Bytes put whole into open files.
#pragma once

#include <string_view>

#include "base/fd.h"

namespace baton {

// False, with the reason in errno, if not all of them could be written.
bool write_all(int fd, std::string_view bytes);

// A file in memory, at its beginning: unlike a pipe it takes any text at once, and whoever does not
// read it does us no harm. None, with the reason in errno, if it cannot be had.
Fd memory_file(std::string_view bytes);

}  // namespace baton
