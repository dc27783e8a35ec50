#include "store/postgres_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres_test_store.h"

namespace baton {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, JournalConformance, testing::Values(&make_postgres_store));

}  // namespace
}  // namespace baton
