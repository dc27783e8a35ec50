// What every command that begins a run takes, read alike.
#pragma once

#include <filesystem>
#include <string>

#include "app/commands.h"
#include "app/settings.h"
#include "provider/credentials.h"

namespace baton {

// From the process's environment.
Result<Endpoint> endpoint();

Result<RunRequest> read_spend_options(const SpendOptions& options);

// A model without a price would be refused at its first call: better before anything is spent.
Status check_prices(const RunRequest& request, const Catalog& catalog);

// How a folder is called that runs share a history and a daily cap by: absolute, without links.
std::string place_of(const std::filesystem::path& path);
// The same of the repository around it, where there is one.
std::string place_of_repository(const std::filesystem::path& path);

}  // namespace baton
