#include "app/store.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace baton {
namespace {

TEST(StoreTest, PasswordsOfUrlsAreNotShown) {
  EXPECT_EQ(without_passwords("unknown: --store postgresql://me:se@cret/x@host:5432/db?a=b now"),
            "unknown: --store postgresql://me:***@host:5432/db?a=b now");
  EXPECT_EQ(without_passwords("postgresql://me:one@a/b and postgres://you:two@c/d"),
            "postgresql://me:***@a/b and postgres://you:***@c/d");
}

TEST(StoreTest, WhatHasNoPasswordIsShownAsItIs) {
  for (const char* text : {"postgresql://me@host/db", "http://127.0.0.1:80/", "a:b@c", "", "://",
                           "x://@", "http://host/a:b"})
    EXPECT_EQ(without_passwords(text), text);
}

TEST(StoreTest, TheOptionGoesBeforeTheEnvironmentAndWithoutBothTheStoreIsTheStateFolder) {
  ::setenv("BATON_STORE", "postgresql://b@host/two", 1);
  EXPECT_EQ(store_place({"s", "postgresql://a@host/one"})->url, "postgresql://a@host/one");
  EXPECT_EQ(store_place({"s", ""})->url, "postgresql://b@host/two");
  ::unsetenv("BATON_STORE");
  const Result<StorePlace> place = store_place({"s", ""});
  EXPECT_EQ(place->state, "s");
  EXPECT_FALSE(place->is_shared());
}

TEST(StoreTest, WhatIsNoUrlOfPostgresqlIsRefusedWithoutBeingQuoted) {
  const Result<StorePlace> place = store_place({"s", "mysql://a:secret@host/one"});
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(place.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace baton
