// From the arrays of other formats to those of an episode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onramp/data/data_source.h"
#include "onramp/data/episode.h"
#include "onramp/data/store/guarded_read.h"

namespace onramp::detail {

/// "[3, 4]"
std::string shape_text(const std::vector<int64_t>& shape);

/// Bytes of `rows` rows once they are in memory; of a claim beyond all bounds, an enormous number.
int64_t bytes_in_memory(const Hdf5Listing::Array& array, int64_t rows);

/// Whether an array can be an observation, an action or a column: numbers or bytes, with at least one row index.
bool is_numeric(const Hdf5Listing::Array& array);

/// An observation entry for rows of that array: pictures stay bytes, everything else becomes float32; a plain number is a
/// vector of one.
EntrySpec entry_of(const std::string& name, const Hdf5Listing::Array& array);

/// Notes that numbers of the file do not fit into float32.
void note_precision(const std::string& what, const Hdf5Listing::Array& array, ImportNotes& notes);

/// Appends all rows of `values` to the entry. @throws DataError on another shape
void append_observations(Episode& episode, const EntrySpec& entry, HostArray& values, const std::string& label);

/// Drops what follows step `last`, and makes observation last + 1 the final one.
void cut_after(Episode& episode, int64_t last);

/// Where the layout has no observation after the last action (T observations for T actions): at a terminal end the last
/// one again, whose value is never asked for; else it becomes the state after the last step but one, which becomes the
/// last: nothing is paired with what came after a reset. Says so in `notes`.
void complete_last_observation(Episode& episode, ImportNotes& notes);

/// Reward kind, cut at success, action range. @throws DataError that begins with `label`
void apply_options(Episode& episode, const DataOptions& options, bool cut_by_default, const std::string& label);

/// JSON list of texts, as episodes keep filter keys in their meta.
std::string list_text(const std::vector<std::string>& items);
/// @return nothing when it is no such list
std::vector<std::string> items_of(const std::string& text);

}  // namespace onramp::detail
