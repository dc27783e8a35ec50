// Folders and small files, as a run's repository keeps them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace baton {

// The file has these bytes, whole or not at all. Not yet durable.
Status write_whole(const std::filesystem::path& file, std::string_view bytes);
// The bytes of a regular file; nothing if there is none that can be read.
std::optional<std::string> read_whole(const std::filesystem::path& file);

// A copy with the times of the original: git tells by the time of an index which of its entries may
// be too young to be trusted. Replaces what is there.
Status copy_index(const std::filesystem::path& from, const std::filesystem::path& to);

// Everything written below `folder` so far outlives a loss of power.
Status make_durable(const std::filesystem::path& folder);

// Waits for everyone who holds a lock (flock) on the folder, and holds it alone then. kBusy if that
// takes too long.
Result<Fd> lock_alone(const std::filesystem::path& folder);

// It and all in it goes, however deep it is and whatever its modes forbid. Nothing there: done.
// Meanwhile a shared flock is held on `locked`, if it names a folder: the removal may outlive us.
Status remove_tree(const std::filesystem::path& path, const std::filesystem::path& locked = {});
// Its owner may read and change all of it.
Status unlock_tree(const std::filesystem::path& path);

}  // namespace baton
