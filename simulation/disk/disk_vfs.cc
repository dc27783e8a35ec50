#include "disk/disk_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"

namespace baton::disk {
namespace {

constexpr int kSectorToldToSqlite = 4096;  // as SQLite's own file system for Unix tells it
constexpr int kSlots = SQLITE_SHM_NLOCK;

struct OpenFile;

// What connections to one database share.
struct Shared {
  int readers = 0;  // that hold a lock of any level
  const OpenFile* reserved = nullptr;
  const OpenFile* pending = nullptr;
  const OpenFile* exclusive = nullptr;
  std::vector<std::unique_ptr<std::vector<std::max_align_t>>> regions;
  int mapped = 0;  // connections that use them
  std::array<int, kSlots> slot_readers{};
  std::array<const OpenFile*, kSlots> slot_writer{};
};

}  // namespace

struct DiskVfs::State {
  State(FaultyDisk& served, std::uint64_t seed) : disk(served), dice(seed) {}
  FaultyDisk& disk;
  Dice dice;
  std::mutex mutex;  // of all that is below
  std::map<std::string, Shared> shared;
  int open_files = 0;
  sqlite3_vfs vfs{};
};

namespace {

// What SQLite allocates for us and hands back with each call.
struct OpenFile {
  sqlite3_file base;
  DiskVfs::State* world;
  FilePtr* file;  // SQLite's memory has no constructors
  Shared* shared;
  int level;          // SQLITE_LOCK_...
  bool syncs_folder;  // with its first sync, as SQLite's own does whether or not it made the file
  bool maps;
  unsigned slots_read, slots_written;  // a bit a slot
};

OpenFile& of(sqlite3_file* base) {
  return *reinterpret_cast<OpenFile*>(base);
}
DiskVfs::State& of(sqlite3_vfs* vfs) {
  return *static_cast<DiskVfs::State*>(vfs->pAppData);
}

int code_of(Fault fault, int broken) {
  switch (fault) {
    case Fault::kNone:
      return SQLITE_OK;
    case Fault::kNoSpace:
      errno = ENOSPC;
      return SQLITE_FULL;
    case Fault::kBroken:
    case Fault::kOff:
      errno = EIO;
      return broken;
  }
  return broken;
}

// ---- bytes ----

int read_file(sqlite3_file* base, void* to, int length, sqlite3_int64 offset) {
  const OpenFile& open = of(base);
  const auto at = static_cast<std::size_t>(offset);
  const auto wanted = static_cast<std::size_t>(length);
  const Fault fault = open.world->disk.read(**open.file, at, static_cast<char*>(to), wanted);
  if (fault != Fault::kNone) return code_of(fault, SQLITE_IOERR_READ);
  return at + wanted <= open.world->disk.size_of(**open.file) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* base, const void* from, int length, sqlite3_int64 offset) {
  const OpenFile& open = of(base);
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(length));
  return code_of(open.world->disk.write(**open.file, static_cast<std::size_t>(offset), bytes),
                 SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* base, sqlite3_int64 size) {
  const OpenFile& open = of(base);
  return code_of(open.world->disk.truncate(**open.file, static_cast<std::size_t>(size)),
                 SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* base, int) {
  OpenFile& open = of(base);
  const Fault fault = open.world->disk.sync(**open.file);
  if (fault != Fault::kNone) return code_of(fault, SQLITE_IOERR_FSYNC);
  if (!std::exchange(open.syncs_folder, false)) return SQLITE_OK;
  return code_of(open.world->disk.sync_folder(), SQLITE_IOERR_DIR_FSYNC);
}

int size_of_file(sqlite3_file* base, sqlite3_int64* size) {
  const OpenFile& open = of(base);
  *size = static_cast<sqlite3_int64>(open.world->disk.size_of(**open.file));
  return SQLITE_OK;
}

// ---- locks of the database file ----

int lock_file(sqlite3_file* base, int level) {
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  Shared& shared = *open.shared;
  const auto others = [&open](const OpenFile* holder) { return holder && holder != &open; };
  if (open.level >= level) return SQLITE_OK;
  if (others(shared.exclusive) || others(shared.pending)) return SQLITE_BUSY;
  if (level >= SQLITE_LOCK_RESERVED && others(shared.reserved)) return SQLITE_BUSY;
  if (open.level == SQLITE_LOCK_NONE) ++shared.readers;
  open.level = std::max(open.level, SQLITE_LOCK_SHARED);
  if (level == SQLITE_LOCK_RESERVED) shared.reserved = &open;
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    shared.pending = &open;
    if (shared.readers > 1) {
      open.level = SQLITE_LOCK_PENDING;
      return SQLITE_BUSY;
    }
    shared.exclusive = &open;
  }
  open.level = level;
  return SQLITE_OK;
}

void lower(OpenFile& open, int level) {
  if (open.level <= level) return;
  Shared& shared = *open.shared;
  for (const OpenFile** holder : {&shared.reserved, &shared.pending, &shared.exclusive}) {
    if (*holder == &open) *holder = nullptr;
  }
  if (level == SQLITE_LOCK_NONE) --shared.readers;
  open.level = level;
}

int unlock_file(sqlite3_file* base, int level) {
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  lower(open, level);
  return SQLITE_OK;
}

int is_reserved(sqlite3_file* base, int* reserved) {
  const OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  *reserved = open.shared->reserved != nullptr || open.shared->exclusive != nullptr;
  return SQLITE_OK;
}

// ---- shared memory ----

int map_shared(sqlite3_file* base, int region, int size, int extend, void volatile** memory) {
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  Shared& shared = *open.shared;
  if (!std::exchange(open.maps, true)) ++shared.mapped;
  *memory = nullptr;
  const auto index = static_cast<std::size_t>(region);
  if (index >= shared.regions.size() && extend == 0) return SQLITE_OK;
  while (index >= shared.regions.size()) {
    shared.regions.push_back(std::make_unique<std::vector<std::max_align_t>>(
        static_cast<std::size_t>(size) / sizeof(std::max_align_t)));
  }
  *memory = shared.regions[index]->data();
  return SQLITE_OK;
}

int lock_slots(sqlite3_file* base, int first, int count, int flags) {
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  Shared& shared = *open.shared;
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const bool lock = (flags & SQLITE_SHM_LOCK) != 0;
  for (int i = first; lock && i < first + count; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    const bool mine = (open.slots_read >> i & 1U) != 0;
    if (shared.slot_writer[slot] != nullptr && shared.slot_writer[slot] != &open)
      return SQLITE_BUSY;
    if (exclusive && shared.slot_readers[slot] > (mine ? 1 : 0)) return SQLITE_BUSY;
  }
  for (int i = first; i < first + count; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    const unsigned bit = 1U << i;
    if (exclusive) {
      shared.slot_writer[slot] = lock ? &open : nullptr;
      open.slots_written = lock ? open.slots_written | bit : open.slots_written & ~bit;
    } else if (((open.slots_read & bit) != 0) != lock) {
      shared.slot_readers[slot] += lock ? 1 : -1;
      open.slots_read ^= bit;
    }
  }
  return SQLITE_OK;
}

void barrier(sqlite3_file* base) {
  const std::lock_guard guard(of(base).world->mutex);
}

// The last one out forgets it all, as the first one in does with a file: nothing in it outlives the
// processes that use it.
int unmap_shared(sqlite3_file* base, int) {
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  if (!std::exchange(open.maps, false)) return SQLITE_OK;
  Shared& shared = *open.shared;
  for (std::size_t i = 0; i < kSlots; ++i) {
    if ((open.slots_read >> i & 1U) != 0) --shared.slot_readers[i];
    if (shared.slot_writer[i] == &open) shared.slot_writer[i] = nullptr;
  }
  open.slots_read = open.slots_written = 0;
  if (--shared.mapped == 0) shared.regions.clear();
  return SQLITE_OK;
}

// ---- opening and closing ----

int close_file(sqlite3_file* base) {
  unmap_shared(base, 0);
  OpenFile& open = of(base);
  const std::lock_guard guard(open.world->mutex);
  lower(open, SQLITE_LOCK_NONE);
  --open.world->open_files;
  delete open.file;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return kSectorToldToSqlite;
}
int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_slots,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* base, int flags, int* out_flags) {
  DiskVfs::State& world = of(vfs);
  base->pMethods = nullptr;  // until it is open, there is nothing to close
  if (!world.disk.is_on()) return code_of(Fault::kOff, SQLITE_CANTOPEN);
  FilePtr file = name == nullptr ? std::make_shared<DiskFile>() : world.disk.find(name);
  if (file == nullptr) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) {
      errno = ENOENT;
      return SQLITE_CANTOPEN;
    }
    file = world.disk.make(name);
  }
  const bool journal =
      (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  const std::lock_guard guard(world.mutex);
  new (base) OpenFile{.base = {.pMethods = &kMethods},
                      .world = &world,
                      .file = new FilePtr(std::move(file)),
                      .shared = &world.shared[name == nullptr ? "" : name],
                      .level = SQLITE_LOCK_NONE,
                      .syncs_folder = journal && (flags & SQLITE_OPEN_CREATE) != 0,
                      .maps = false,
                      .slots_read = 0,
                      .slots_written = 0};
  ++world.open_files;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  FaultyDisk& disk = of(vfs).disk;
  if (disk.find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
  const Fault fault = disk.remove(name);
  if (fault != Fault::kNone || sync_folder == 0) return code_of(fault, SQLITE_IOERR_DELETE);
  return code_of(disk.sync_folder(), SQLITE_IOERR_DIR_FSYNC);
}

int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* answer) {
  const FaultyDisk& disk = of(vfs).disk;
  const FilePtr file = disk.find(name);
  *answer = file != nullptr && (flags != SQLITE_ACCESS_EXISTS || disk.size_of(*file) > 0);
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, const char* name, int size, char* full) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(full, name);
  return SQLITE_OK;
}

int random_bytes(sqlite3_vfs* vfs, int size, char* to) {
  DiskVfs::State& world = of(vfs);
  const std::lock_guard guard(world.mutex);
  for (int i = 0; i < size; ++i) to[i] = static_cast<char>(world.dice.draw());
  return size;
}

int sleep_not(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

int fixed_time(sqlite3_vfs*, double* days) {
  *days = 2461000.5;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
  return errno;
}

}  // namespace

DiskVfs::DiskVfs(FaultyDisk& disk, std::uint64_t seed)
    : state_(std::make_unique<State>(disk, seed)) {
  constexpr int kLongestName = 512;
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = kLongestName;
  vfs.zName = "baton-faulty-disk";
  vfs.pAppData = state_.get();
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_name;
  vfs.xRandomness = random_bytes;
  vfs.xSleep = sleep_not;
  vfs.xCurrentTime = fixed_time;
  vfs.xGetLastError = last_error;
  BATON_CHECK(sqlite3_vfs_register(&vfs, /*makeDflt=*/1) == SQLITE_OK);
  sqlite3_randomness(0, nullptr);
}

DiskVfs::~DiskVfs() {
  BATON_CHECK(state_->open_files == 0);
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_randomness(0, nullptr);
}

}  // namespace baton::disk
