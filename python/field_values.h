// A game's config from and to Python's values, by the game's table of fields.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "env/fields.h"

namespace reverie {

// Sets each field that `values` names: a number, True or False, a word, a list; of a factor of variation also a pair
// (low, high) or {"low": ..., "high": ...}. Throws Error (config) for an unknown name, listing the known ones, for a
// value of the wrong kind, or for one out of its range. what: a field, for people.
void set_fields(const std::vector<Field>& table, const nanobind::dict& values, const char* what = "name");

// All fields by name: what set_fields() takes. A range of one number is that number, another one a pair.
nanobind::dict get_fields(const std::vector<Field>& table);

// The fields that are ranges, lists of ranges, or choices of words, in their order.
std::vector<Field> factors_of(const std::vector<Field>& table);

// Of one field: the least and the largest allowed number of its range; (0, 0) where it is none.
std::pair<double, double> limits_of(const Field& field);

}  // namespace reverie
