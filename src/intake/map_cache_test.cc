#include "intake/map_cache.h"

#include <gmock/gmock.h>

#include <fstream>

#include "intake/blob_facts.h"
#include "intake/test_repository.h"

namespace baton {
namespace {

using testing::Eq;
using testing::Optional;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MapCacheTest, WhatWasSavedIsFoundByTheNextProcess) {
  const TestFolder folder;
  MapCache::load(folder.path() / "cache").save({{"a", "1"}, {"b", ""}});
  const MapCache cache = MapCache::load(folder.path() / "cache");
  EXPECT_THAT(cache.find("a"), Optional(Eq("1")));
  EXPECT_THAT(cache.find("b"), Optional(Eq("")));
  EXPECT_EQ(cache.find("c"), std::nullopt);
}

TEST(MapCacheTest, WhatIsNotSavedAgainIsKept) {
  const TestFolder folder;
  MapCache::load(folder.path()).save({{"a", "1"}, {"b", "2"}});
  MapCache::load(folder.path()).save({{"b", "3"}});
  const MapCache cache = MapCache::load(folder.path());
  EXPECT_THAT(cache.find("a"), Optional(Eq("1")));
  EXPECT_THAT(cache.find("b"), Optional(Eq("3")));
}

// Cut anywhere, or with any byte changed, an entry is found as it was or not at all.
TEST(MapCacheTest, ADamagedFileLosesEntriesButNeverGivesWrongOnes) {
  const TestFolder folder;
  MapCache::load(folder.path()).save({{"key one", "value one"}, {"key two", "value two"}});
  const std::string whole = bytes_of(folder.path() / "tree-map.cache");
  const auto expect_sound = [&](const std::string& bytes) {
    folder.write("tree-map.cache", bytes);
    const MapCache cache = MapCache::load(folder.path());
    for (const std::string name : {"one", "two"}) {
      const auto found = cache.find("key " + name);
      if (found) {
        EXPECT_EQ(*found, "value " + name);
      }
    }
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    expect_sound(whole.substr(0, i));
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x41);
    expect_sound(changed);
  }
}

TEST(MapCacheTest, AFolderThatCannotBeMadeIsNoFailure) {
  const TestFolder folder;
  folder.write("file", "");
  MapCache::load(folder.path() / "file" / "cache").save({{"a", "1"}});
  EXPECT_EQ(MapCache::load(folder.path() / "file" / "cache").size(), 0U);
}

TEST(BlobFactsTest, FactsAreReadAsTheyWereWritten) {
  const BlobFacts facts{.kind = BlobFacts::Kind::kText,
                        .bytes = 12'345'678'901,
                        .lines = 42,
                        .symbols = {Symbol{"f", "function", {1, 4}}, Symbol{"größe", "", {2, 2}}},
                        .names = {1, 77, 0xFFFFFFFF}};
  const std::string bytes = encode(facts);
  EXPECT_THAT(decode_blob_facts(bytes), Optional(facts));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(decode_blob_facts(bytes.substr(0, i)), std::nullopt);
  }
  EXPECT_EQ(decode_blob_facts(bytes + "x"), std::nullopt);
}

}  // namespace
}  // namespace baton
