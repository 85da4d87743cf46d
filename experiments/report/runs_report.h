// Several runs side by side: what `reverie report` shows of them, and the numbers behind it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "experiments/report/run_groups.h"
#include "experiments/report/run_record.h"

namespace reverie {

// The numbers of the page. Over seeds: mean, deviation (n - 1) and the mean's 95 % interval by Student's t.
nlohmann::ordered_json runs_json(const std::vector<RunRecord>& runs);
std::string runs_page(const std::vector<RunRecord>& runs);

}  // namespace reverie
