// The cost part of the JSON forms.
#pragma once

#include <boost/json/fwd.hpp>

#include "report/review_report.h"

namespace baton {

boost::json::object tokens_object(const Usage& usage);
boost::json::object cost_object(const CostReport& cost);

}  // namespace baton
