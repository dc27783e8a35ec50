#include "intake/identifiers.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace baton {
namespace {

std::vector<NameHash> hashes(std::vector<std::string> names) {
  std::vector<NameHash> hashes;
  for (const std::string& name : names) hashes.push_back(name_hash(name));
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

TEST(IdentifiersTest, EachNameIsFoundOnceWithoutNumbersAndShortOnes) {
  EXPECT_EQ(identifiers_of("int total_2 = total_2 + x1 * 0x10fe; // größe"),
            hashes({"int", "total_2", "größe"}));
  EXPECT_EQ(identifiers_of(""), hashes({}));
}

TEST(IdentifiersTest, ATextOfEndlessNamesIsReadUpToALimit) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "name_" + std::to_string(i) + " ";
  EXPECT_EQ(identifiers_of(text).size(), 4'000U);
  EXPECT_EQ(identifiers_of("after_it"), hashes({"after_it"}));
}

}  // namespace
}  // namespace baton
