// What a config field may hold, said beside its declaration.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace onramp {

/// Several may stand behind one field; for a list, an optional or a map the ranges hold for each element.
struct Constraint {
  std::optional<double> min{}, max{};
  bool min_open = false, max_open = false;  ///< the bound itself is excluded
  bool non_finite = false;                  ///< .inf and .nan are allowed
  bool required = false;                    ///< the key must be given; the default is only a place holder
  bool not_empty = false;                   ///< text, path, list or map
  std::vector<std::string> choices{};       ///< of a text

  bool allows(double value) const;
  /// ">= 0", "in [0, 1)", "one of a, b"; "" when everything goes.
  std::string describe() const;
};

/// Constraints of a field, by what they allow.
inline Constraint at_least(double x) { return {.min = x}; }
inline Constraint at_most(double x) { return {.max = x}; }
inline Constraint greater_than(double x) { return {.min = x, .min_open = true}; }
inline Constraint less_than(double x) { return {.max = x, .max_open = true}; }
inline Constraint in_range(double low, double high) { return {.min = low, .max = high}; }
inline Constraint one_of(std::initializer_list<const char*> words) { return {.choices = {words.begin(), words.end()}}; }
inline Constraint allow_non_finite() { return {.non_finite = true}; }
inline Constraint required() { return {.required = true}; }
inline Constraint not_empty() { return {.not_empty = true}; }

/// All of them at once.
Constraint combine(std::initializer_list<Constraint> parts);

}  // namespace onramp
